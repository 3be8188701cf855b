"""What may break a rule of the house, each with its reason.

Each entry: the file (or file:function), then the reason. A stale entry fails.
"""

BACKEND_FILES: dict[str, str] = {
    "graph/gradients.py": "Keras has no derivatives of its own",
    "graph/precision.py": "Keras does not say how a card multiplies",
    "train/distributed/agreeing.py": "what processes say to each other is JAX's",
    "train/resuming/chance.py": "what Keras's Dropout draws from on PyTorch",
    "train/distributed/hosts.py": "joins processes: Keras passes no time limits on",
    "transforms/accelerate/on_jax.py": "gradients to compare before with after",
    "transforms/accelerate/on_tensorflow.py": "its kernels; gradients to compare",
    "transforms/accelerate/on_torch.py": "lays parameters out; gradients to compare",
    "transforms/accelerate/torch_kernels.py": "native kernels are PyTorch's own",
    "transforms/accelerate/torch_operations.py": "writes over what nobody reads",
    "transforms/accelerate/torch_plan.py": "asks whether PyTorch casts by itself",
    "transforms/accelerate/torch_products.py": "oneDNN's products, and their gradients",
    "files/export/traceable.py": "says to its converters what Keras cannot",
    "files/export/to_litert.py": "TensorFlow brings the converter and its interpreter",
    "files/export/to_savedmodel.py": "runs it in TensorFlow; JAX must not tell paths",
}
# Beside `_keras.py`, which is made for it.
PRIVATE_FILES = {
    "train/distributed/agreeing.py": "os._exit: else a process waits for others",
    "measures/forms.py": "a grain DataLoader says nowhere else what it reads",
    "transforms/accelerate/on_torch.py": "the step of Keras's optimizers",
    "transforms/accelerate/torch_kernels.py": "a packed kernel is oneDNN's own",
    "transforms/accelerate/torch_products.py": "so is a product with its bias",
}
COMPOSE_MAY_IMPORT = {"keras": "the only thing a graph is made of"}
LONG_FILES = {
    "_keras.py": "all that is private to Keras, and nothing else",
    "cli/options.py": "every option of the commands, said once",
}
LONG_FUNCTIONS: dict[str, str] = {}
WIDE_FUNCTIONS = {
    "compose/blocks/grouped.py:resnext": "basic's seven, and the groups",
    "compose/blocks/mobile.py:mbconv": "as inverted_residual, and the excitation",
    "compose/blocks/postactivation.py:narrowed": "what bottlenecks differ in",
    "compose/blocks/res2net.py:res2net": "basic's seven, and the shares",
    "compose/blocks/postactivation.py:bottleneck": "basic's seven, and two of its own",
    "compose/blocks/preactivation.py:preactivation_bottleneck": "as bottleneck",
    "compose/blocks/preactivation.py:wide": "basic's seven, and the dropout",
    "cli/check.py:check": "Typer reads the options from the signature",
    "cli/compare.py:compare": "Typer reads the options from the signature",
    "cli/inspect.py:inspect": "Typer reads the options from the signature",
    "cli/measure.py:measure": "Typer reads the options from the signature",
    "cli/prune.py:prune": "Typer reads the options from the signature",
    "cli/rewire.py:rewire": "Typer reads the options from the signature",
    "cli/train.py:train": "Typer reads the options from the signature",
    "measures/stream/attribution.py:attribution": "the model, and what is asked of it",
    "measures/stream/patching.py:patching": "as attribution, and the other examples",
    "measures/stream/skip.py:skip": "the model, and how it is looked at",
    "reports/inspection/inspect.py:inspect": "the model, and how it is looked at",
    "train/fitting.py:fit": "all that a run depends on",
    "train/own/model.py:fit_model": "as fit",
    "train/resuming/saving.py:__init__": "all that a checkpoint says of a run",
    "transforms/rewire/prune_depth.py:prune_depth": "the model, and what may go of it",
    "transforms/rewire/replace.py:replace": "the model, and a word for each slot",
}
# Beside `ResidualError` and its kinds, which say what a person can put right.
OTHER_ERRORS = {
    "AttributeError": "Python asks for it where there is no such attribute",
    "Bent": "an answer: the operation that is not linear",
    "Exit": "how Typer ends a command with an exit code",
    "ClosedError": "why a layer stays closed: whoever traces it catches it",
    "ForeignError": "whoever opened the file catches it, and says what to do",
    "ObjectsError": "a ForeignError, with advice of its own where the file is opened",
    "IsADirectoryError": "Python's own functions raise it of a folder",
    "KeyboardInterrupt": "ends a run as Ctrl-C does, once it is saved",
    "NotApplicable": "an answer: the reason why a layer stays as it is",
    "NotImplementedError": "a method that every kind has to bring",
    "OSError": "Python's own functions raise it of what is no file",
    "SystemExit": "ends the command line",
    "_TooMuchWorkError": "passes by whoever catches every `Exception`, and is caught",
}
