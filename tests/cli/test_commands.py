import json


def test_train_then_predict(command, pictures, tmp_path):
    run = tmp_path / "run"
    options = ["--epochs", 1, "--batch-size", 29, "--seed", 3, "--out", run]
    code, output, _ = command("train", "--data", pictures, *options)
    assert code == 0
    assert "epoch 1/1" in output
    assert f"report    {run / 'report.html'}" in output
    recipe = json.loads((run / "recipe.json").read_text())["recipe"]
    assert (recipe["epochs"], recipe["batch_size"], recipe["seed"]) == (1, 29, 3)
    file = pictures / "red" / "001.jpg"
    code, output, _ = command("predict", run, file, "--top", 1)
    assert code == 0
    assert output.startswith(f"{file}   ")
    assert output.count("%") == 1
    code, output, errors = command("train", "--resume", "--out", run, "--epochs", 5)
    assert (code, "epochs=5, the run has 1" in errors) == (2, True)


def test_pictures_that_are_left_out_are_listed(command, pictures, tmp_path):
    (pictures / "red" / "broken.png").write_bytes(b"no")
    options = ["--epochs", 1, "--skip-bad", "--out", tmp_path / "run"]
    code, output, _ = command("train", "--data", pictures, *options)
    assert code == 0
    assert f"left out  {pictures / 'red' / 'broken.png'}" in output


def test_runs_without_a_name_get_the_first_free_one(
    command, pictures, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "pictures-1").mkdir(parents=True)
    code, _output, _ = command("train", "--data", pictures, "--epochs", 1)
    assert code == 0
    assert (tmp_path / "runs" / "pictures-2" / "report.html").exists()


def test_ctrl_c_ends_with_the_line_to_go_on_with(
    command, pictures, tmp_path, monkeypatch
):
    from keras_residual.train import training

    def stop(*words):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "_run_epochs", stop)
    code, output, _ = command("train", "--data", pictures, "--out", tmp_path / "run")
    assert code == 130
    assert f"keras-residual train --resume --out {tmp_path / 'run'}" in output


def test_compare_prints_what_the_skip_is_worth(command, pictures, tmp_path):
    options = ["--depths", "8", "--epochs", 1, "--out", tmp_path / "out"]
    code, output, _ = command("compare", "--data", pictures, *options)
    assert code == 0
    assert "difference" in output
    assert "One seed: a difference may be chance" in output
    assert (tmp_path / "out" / "compare.png").exists()
    again = ["compare", "--resume", "--out", tmp_path / "out"]
    code, output, _ = command(*again, "--depths", 8)
    assert (code, "epoch 1" in output, "difference" in output) == (0, False, True)
    code, _, errors = command(*again, "--depths", "8,20")
    assert (code, "depths=[8, 20], the run has [8]" in errors) == (2, True)


def test_models_lists_every_model(command):
    from keras_residual.compose import models

    code, output, _ = command("models")
    assert code == 0
    listed = [line.split()[0] for line in output.splitlines()[1:]]
    assert sorted(listed) == sorted(models.names())


def test_models_tells_of_those_that_fit_a_pattern(command):
    from keras_residual.compose import models

    code, output, _ = command("models", "convnext_v2*")
    assert code == 0
    for name in models.names():
        assert (name in output) == name.startswith("convnext_v2")
    assert "Woo et al. 2023, ConvNeXt V2" in output
    assert "https://arxiv.org/abs/2301.00808" in output


def test_models_refuses_what_fits_nothing(command):
    code, _, errors = command("models", "resnet51")
    assert code == 2
    assert "keras-residual models resnet5" in errors


def test_every_network_has_its_paper():
    from keras_residual.cli.models import CATALOGUE
    from keras_residual.cli.papers import PAPERS

    assert {source for _, source, _ in CATALOGUE.values()} == set(PAPERS)
