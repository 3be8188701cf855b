"""What `make test` leaves to `make test FULL=1`, and why.

A newcomer is answered in minutes, and shown every promise on small networks. What is
left holds the same promises to large networks, to many drawn ones, and to slow
machinery. pytest runs everything; with `--quick` it leaves these, with `--rest` it runs
these, and with `--computed` what computes once more, for another kind of arithmetic.
With `--shared` a backend leaves what it cannot change to the runs of the others.
"""

import re
from collections import Counter
from zlib import crc32

import keras
import pytest

# Why, and which tests: each pattern is searched for in a test's id.
LEFT: dict[str, tuple[str, ...]] = {
    "networks of keras.applications": (
        "test_an_application_is_one_clear_page",
        r"test_units_are_those_of_the_paper\[(?!MobileNetV2)",
        "test_networks_of_others",
        r"test_only_what_is_argued_is_found\[(?!MobileNetV2)",
        "test_keras_networks_multiply_as_published",
        "test_a_family_of_keras",
        "test_a_whole_network_of_somebody_else",
    ),
    "backbones of keras-hub": (r"tests/hub/test_(cli|unfold|prune|tasks)\.py",),
    "networks of many layers": (
        r"\[resnet(34|50|101|152|164|1001|1202|110)",
        r"\[(vit_b|mixer_b|transformer_(en|de)coder_(small|base))",
        "test_networks_too_deep_for_keras_are_nested",
        "test_twenty_thousand_operations",
        "test_a_deep_network_takes_no_more_room",
        "test_six_hundred_units_are_one_readable_page",
        "test_our_networks_multiply_as_published",
        r"test_models.py::test_parameters_are_the_published_ones\S*\[(?!resnet)",
        r"test_models.py::test_variants_are_parts\[(?!resnet8_v2-\{'activation)",
        r"test_weights_are_named_as_before\[(?!resnet|blocks)",
        "test_models.py::test_cifar_networks_have_the_weights",
        "test_two_thousand_calls_in_a_row",
        "test_replace_order.py::test_the_resnet_of_keras",
    ),
    "processes that start Keras anew": (
        "test_a_convolution_is_added_to_padded_channels",
        "test_channels_first_computes_the_same_with_onednn",
        "test_layer.py::test_a_fresh_process",
        "test_four_packages_do_what_they_should",
        "test_training.py::test_the_saved_network_opens_with_keras_alone",
        "contracts/test_processes.py::test_(names_are_the_same|files_open)",
        "train/distributed/test_hosts.py::test_two_hosts",
        r"train/distributed/test_sharing.py::test_(?!hosts_read)",
        "cli/test_process.py::test_a_(killed_run|command_says_nothing)",
        "test_each_trains_saves_and_loads_in_a_process",
        "cli/test_export.py::test_a_backend_that_writes_the_format_is_taken",
        "test_examples.py",
        "test_benchmarks.py",
        "test_race.py",
        "test_one_backend_reads_what_another_wrote",
        "files/test_load_model.py::test_so_it_does_in_another_process",
    ),
    "files for other runtimes, beyond one of each format": (
        r"test_the_runtime_computes_what_keras_does\[(?!.*-basic\])",
        "test_it_takes_so_many_samples",
        r"test_an_accelerated_model_is_written_as_the_plain_one\[passes1",
        "test_formats.py::test_(a_trained_network_scores|without_fusing_the_layers)",
        "files/export/test_layers.py",
        "files/export/test_traces.py",
        r"files/export/test_advice.py::test_what_(every|this)_backend",
        "cli/test_export.py::test_a_file_is_written_in_every_format",
    ),
    "networks that are trained again": (
        "cli/test_onward.py",
        r"cli/test_commands.py::test_(pictures|runs|ctrl_c|compare)",
        "train/test_comparison.py",
        r"train/resuming/test_exact_resume.py::test_(?!a_model|a_fit|what)",
        r"train/resuming/test_hostile_run.py::test_(a_shape|classes)",
        r"train/own/test_own_model.py::test_(classes_may_be|one_number|labels_that_hold)",
        "train/test_other_units.py",
        r"train/test_prediction.py::test_(?!a_picture)",
        "train/test_tasks.py",
        r"train/test_training.py::test_(tables|a_stopped|rows_ahead|data|two_runs)",
        r"train/test_training.py::test_(a_learning_rate|a_loss_that)",
        r"train/(test_finite|resuming/test_killed_runs)\.py",
        r"train/resuming/test_hostile_state.py::test_(a_run_by_name|text)",
        "train/test_units.py::test_readings_are_written_and_drawn",
        "test_register.py::test_it_is_trained_by_its_name",
        "cli/test_import.py::test_a_network_of_a_module",
        "test_replace_order.py::test_it_trains_on",
        "test_prune_depth.py::test_it_stops_where_it_was_asked_to",
        r"test_textbook.py::test_training_the_opened_model\S*\[(?!u-net)",
        r"test_decay_moves_kernels_and_nothing_else\[(?!ours)",
        r"test_a_mistake_is_answered\[loss_not_finite",
        r"files/test_load_model.py::test_it_goes_on_as_if_it_had_not_stopped\[(?!AdamW)",
    ),
    "what accelerate changes in each backend": (
        r"accelerate/test_on_(tensorflow|jax|torch)\.py",
        r"test_gradients_are_the_same\[False",
        "accelerate/test_afterwards.py",
        "accelerate/test_any_model.py",
        "accelerate/test_inference.py",
        r"accelerate/test_accelerate.py::test_(?!gradients|restoring)",
    ),
    "drawn at random": (
        "train/resuming/test_hostile_state.py::test_a_state_that_is_sealed",
        "accelerate/test_batch_norm.py::test_the_equations_hold",
        r"test_random_graphs\[(?!0)",
        r"files/test_(extra_keys|mutations)\.py",
        "test_what_was_built_is_found",
        "test_no_rule_fails_on_a_random_model",
        "contracts/test_chains.py",
        "contracts/test_random_forms.py",
        r"test_what_is_wrong_is_refused\[(?!dense|masked|letters|binned|attention)",
    ),
    "commands of the pages that train and export": (
        r"test_its_commands_run_in_their_order\[(?!checks|prune)",
    ),
    "packages that are built": ("tests/test_wheel.py",),
    "advice that is followed": ("test_who_does_what_the_advice_says",),
    "files that are large in memory or time, beyond one of each kind": (
        r"test_a_bomb_\w*\[(?!zeros|a wide layer|one model|256 GiB, c)",
    ),
    "pages in a browser": (
        "test_in_browser.py",
        "test_a_browser_draws",
        "test_figures_answer_to_the_pointer",
    ),
    "every dtype": (r"test_dtype_policy_is_kept\[.*(bfloat16|float64)",),
    "published forms, beyond their equations and where they start": (
        r"test_promises.py::test_\w*\[.*as published\]",
        r"test_equations.py::test_output_and_gradient_in_training\[(?!basic|projection)",
        r"test_forms.py::test_(its_units|no_rule|it_is_drawn)\S*\[(?!blocks.basic)",
    ),
}

# What rests on how a backend adds and multiplies, with oneDNN or without: equations,
# gradients, and proofs that compare numbers.
COMPUTED = (
    r"tests/compose/test_(equations|connections|layout|identity|stochastic)",
    r"tests/transforms/(accelerate/|test_(fuse|proof|witness))",
    "tests/contracts/test_promises.py::test_one_step",
    r"tests/graph/test_(gradients|precision|running)",
    "channels_first",
)
# What asks no backend, or what one backend's answer settles: what we read, write, draw
# and refuse, counts of parameters, and scripts that print tables. They run once.
ONCE = (
    "tests/(common|drawing|reports|train/data)/",
    "tests/checks/test_(applications|documents|report)",
    "tests/cli/test_(documented|forms|onward)",
    "tests/hub/test_cli",
    "tests/files/test_(bombs|config|extra_keys|heaps|hostile|mutations|tensors|wiring)",
    "test_one_backend_reads_what_another_wrote",
    "tests/test_(architecture|dependencies|full|house|hygiene|public_api|raises)",
    "tests/test_(repository|wheel)",
    "tests/test_(benchmarks|examples|race)",
    "tests/train/(distributed|resuming/test_(checkpoints|hostile_state|stopping))",
    "test_in_browser.py",
    "test_a_small_network_",
    "test_parameters_are_the_published_ones",
    "test_what_is_wrong_is_refused",
    "test_who_does_what_the_advice_says",
    "test_promises.py::test_(recipe|equal_arguments|different_recipes)",
    r"test_promises.py::test_(static_shape|inference).*\[.*as published\]",
    "tests/contracts/test_forms.py::test_(its_units|no_rule_is_broken|it_is_drawn)",
    r"test_dtype_policy_is_kept\[.*bfloat16",
    r"test_dtype_policy_is_kept\[.*as published-float64",
)
# What a backend can change: it is run on each. Of all else TensorFlow runs what a
# newcomer does, and PyTorch, the fastest, what that leaves; of the first JAX and
# PyTorch have half each, of the second JAX has half.
EVERYWHERE = (
    *COMPUTED,
    "tests/(hub|measures|transforms)/",
    "tests/files/export/",
    "tests/graph/(test_running|unfolding/)",
    "tests/test_mended",
    "tests/train/(own|resuming/test_(checkpoints|exact_resume))",
    "tests/train/test_(scaling|tasks|training|units)",
    "tests/contracts/test_promises.py::test_(dtype|unknown_sizes)",
    "tests/contracts/test_processes.py::test_names",
)
# What the others skip: it asks for TensorFlow, or is as well asked there.
TENSORFLOW = (
    "tests/graph/test_(cost|families)",
    "tests/drawing/test_geometry",
    "tests/files/test_(kinds_of_layers|mutations)",
    "tests/contracts/test_weight_names",
    "tests/(compose/test_shortcuts|hub/test_cli)",
)
_LEFT = pytest.StashKey[Counter]()


def why(test: str) -> str | None:
    """Returns why a test is left, or nothing where a newcomer runs it."""
    for reason, patterns in LEFT.items():
        if named(patterns, test):
            return reason
    return None


def _why_here(test: str, config: pytest.Config) -> str | None:
    """Returns why a test is left by what was asked of this run."""
    if config.getoption("--quick"):
        return why(test)
    if config.getoption("--rest") and not why(test):
        again = config.getoption("--computed") and named(COMPUTED, test)
        return None if again else "what --quick runs"
    if config.getoption("--shared") and not _has(keras.config.backend(), test):
        return "what another backend's run has"
    return None


def _has(backend: str, test: str) -> bool:
    """Says whether a test is in a backend's share."""
    if backend == "tensorflow":
        return named((*EVERYWHERE, *TENSORFLOW), test)
    here = backend == "torch"
    if named(ONCE, test):
        return here and why(test) is not None and not named(TENSORFLOW, test)
    left = here and why(test) is not None
    return left or named(EVERYWHERE, test) or _of_the_half(test) != here


def _of_the_half(test: str) -> bool:
    return crc32(test.encode()) % 2 == 0


def named(patterns: tuple[str, ...], test: str) -> bool:
    """Says whether one of some patterns is found in a test's id."""
    return any(re.search(pattern, test) for pattern in patterns)


def pytest_addoption(parser):
    add = parser.addoption
    add("--quick", action="store_true", help="leave what tests/full.py lists")
    add("--rest", action="store_true", help="run what that leaves")
    add("--computed", action="store_true", help="with --rest: and what is computed")
    add("--shared", action="store_true", help="leave what the runs of others have")


def pytest_configure(config):
    config.stash[_LEFT] = Counter()


def pytest_collection_modifyitems(config, items):
    reasons = [_why_here(item.nodeid, config) for item in items]
    left = [item for item, reason in zip(items, reasons, strict=True) if reason]
    items[:] = [item for item, reason in zip(items, reasons, strict=True) if not reason]
    config.stash[_LEFT].update(reason for reason in reasons if reason)
    config.hook.pytest_deselected(items=left)


def pytest_sessionfinish(session):
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["left"] = dict(session.config.stash[_LEFT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Each worker of pytest-xdist collects all tests, so one tells of all."""
    if left := getattr(node, "workeroutput", {}).get("left"):
        node.config.stash[_LEFT] = Counter(left)


def pytest_terminal_summary(terminalreporter, config):
    if left := config.stash[_LEFT]:
        terminalreporter.section("left out here; make test FULL=1 has all")
        for reason, count in left.items():
            terminalreporter.line(f"{count:5}  {reason}")
        terminalreporter.line(f"{left.total():5}  in all")
