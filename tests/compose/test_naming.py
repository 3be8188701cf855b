"""Names follow meaning, and depend on the block alone."""

import keras

import keras_residual as kr


def names(model):
    return [layer.name for layer in model.layers[1:]]


def build(name=None):
    inputs = keras.Input((8, 8, 3))
    block = kr.Residual([kr.conv(4), kr.norm(), "relu", kr.conv(4)], activation="relu")
    return keras.Model(inputs, block(inputs, name=name))


def test_layers_are_named_after_block_path_and_kind():
    assert set(names(build("stage2_block1"))) == {
        "stage2_block1_branch_conv1",
        "stage2_block1_branch_norm1",
        "stage2_block1_branch_relu1",
        "stage2_block1_branch_conv2",
        "stage2_block1_shortcut_conv1",
        "stage2_block1_merge_add1",
        "stage2_block1_activation_relu1",
    }


def test_names_do_not_depend_on_what_was_built_before():
    first = names(build())
    keras.layers.Conv2D(3, 3)(keras.Input((8, 8, 3)))
    assert names(build()) == first
    assert first[0].startswith("residual1_")


def test_blocks_without_a_name_are_counted_in_their_graph():
    x = inputs = keras.Input((8, 8, 4))
    for _ in range(2):
        x = kr.residual_block(x, 4)
        x = keras.layers.BatchNormalization()(x)
    merges = [n for n in names(keras.Model(inputs, x)) if n.endswith("add1")]
    assert merges == ["residual1_merge_add1", "residual2_merge_add1"]


def test_a_named_input_leads_the_names_so_that_two_towers_can_meet():
    towers = [keras.Input((8,), name=name) for name in ("left", "right")]
    ends = [kr.Residual(kr.dense(8))(x) for x in towers]
    model = keras.Model(towers, keras.layers.Add()(ends))
    assert "left_residual1_branch_dense1" in names(model)
    assert "right_residual1_branch_dense1" in names(model)


def test_a_layer_that_keras_named_is_named_by_the_block_and_weights_follow():
    layer = keras.layers.Conv2D(3, 3, padding="same")
    kr.Residual([layer])(keras.Input((8, 8, 3)), name="stem")
    assert layer.name == "stem_branch_conv1"
    assert layer.kernel.path == "stem_branch_conv1/kernel"


def test_a_layer_that_the_user_named_keeps_its_name():
    layer = keras.layers.Conv2D(3, 3, padding="same", name="mine")
    kr.Residual([layer])(keras.Input((8, 8, 3)), name="stem")
    assert layer.name == "mine"


def test_what_a_plain_function_makes_is_named_by_the_block():
    def function(x):
        x = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
        return kr.conv(3, 1, activation="sigmoid")(x) * 2.0

    inputs = keras.Input((8, 8, 3))
    gated = kr.Residual(function, merge="multiply")(inputs, name="gate")
    model = keras.Model(inputs, gated)
    operations = {operation.name for operation in model.operations[1:]}
    assert operations == {
        "gate_branch_global_average_pooling2d1",
        "gate_branch_conv1",
        "gate_branch_multiply1",
        "gate_merge_multiply1",
    }


def test_a_layer_the_function_shares_with_others_keeps_its_name():
    shared = keras.layers.Dense(8)
    inputs = keras.Input((8,))
    before = shared(inputs)
    name = shared.name
    kr.Residual(lambda x: keras.ops.relu(shared(x)))(before, name="block")
    assert shared.name == name


def test_nested_blocks_have_the_names_of_flat_ones():
    x = keras.Input((8, 8, 4))
    block = kr.blocks.basic(4)
    flat = keras.Model(x, block(x, name="stage1_block1"))
    nested = keras.Model(x, kr.nest(block)(x, name="stage1_block1"))
    assert names(nested) == ["stage1_block1"]
    assert names(nested.get_layer("stage1_block1")) == names(flat)


def test_a_recipe_called_twice_makes_new_weights_and_a_shared_layer_does_not():
    recipe = kr.Residual([kr.dense(4), keras.layers.Dense(4)])
    x = keras.Input((4,))
    model = keras.Model(x, recipe(recipe(x, name="a"), name="b"))
    assert len(model.weights) == 3 * 2
