#!/usr/bin/env python3
"""Converts models of COVID-19_CXR_AI to models of cxr-infer. For research only, not for diagnosis.

    pip install -r scripts/convert_fastai-requirements.txt
    scripts/convert_fastai.py segmentation-model.pkl --out segmenter.pt --trust
    scripts/convert_fastai.py classifier-model.pkl --out classifier.pt --trust

Takes
- a learner that this fastai (2.0.13 or later) or an older one exported: a unet_learner with two
  classes, or a cnn_learner or vision_learner; its classes, normalisation and size are read from it;
- the state_dict of torchvision's ResNet-34: with 1,000 outputs as a start for `cxr-train --init`,
  or with as many outputs as --classes names;
- the state_dict of segmentation_models_pytorch's Unet("resnet34") with one or two classes.

The outputs of what is written are compared with those of what was read before the file appears.
Exit status: 0 success, 1 cannot be converted, 2 wrong options.
"""

import argparse
import hashlib
import inspect
import json
import os
import pickle
import sys
import types
import warnings

import torch
from torch import nn
from torch.nn import functional

LARGEST_DIFFERENCE = 1e-4
IMAGENET_MEAN = [0.485, 0.456, 0.406]
IMAGENET_STD = [0.229, 0.224, 0.225]
LUNGS = ["background", "lung"]
BLOCKS = (3, 4, 6, 3)  # of ResNet-34's stages


class ConversionError(Exception):
    """What the user is told in one line."""


# --- Reading -----------------------------------------------------------------------------------


def stand_in(*_args, **_kwargs):
    """Takes the place of functions that only training needs."""
    raise ConversionError("a function of the training script is not available here")


class Unknown:
    """Takes the place of a class that this version of fastai does not have, and keeps its attributes."""

    def __init__(self, *_args, **_kwargs):
        pass


class LenientUnpickler(pickle.Unpickler):
    """Unpickles a learner without the scripts that it was trained with.

    The original's learners refer to `train_mask_fn` and `get_cropped_image`.
    """

    def find_class(self, module, name):
        try:
            return super().find_class(module, name)
        except (AttributeError, ImportError):
            if module.split(".")[0] in ("fastai", "fastcore"):
                return type(name, (Unknown,), {})
            if module.split(".")[0] in ("torch", "torchvision"):
                raise
            return stand_in


def supply_stand_ins():
    """Puts what the original's learners refer to where their pickles look for it."""
    modules = [sys.modules["__main__"]]
    for name in ("segmentation_data", "classifier_common"):
        modules.append(sys.modules.setdefault(name, types.ModuleType(name)))
    for module in modules:
        for name in ("train_mask_fn", "get_cropped_image", "_get_cropped_image"):
            if not hasattr(module, name):
                setattr(module, name, stand_in)


def lenient_pickle():
    module = types.ModuleType("lenient_pickle")
    module.__dict__.update({name: getattr(pickle, name) for name in pickle.__all__})
    module.Unpickler = LenientUnpickler
    module.load = lambda file, **options: LenientUnpickler(file, **options).load()
    return module


def read_weights(path):
    """A state_dict, read without running code; None where it is anything else."""
    if "weights_only" not in inspect.signature(torch.load).parameters:
        return None
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, AttributeError, EOFError, ValueError):
        return None
    found = found.get("state_dict", found) if isinstance(found, dict) else None
    return found if is_state_dict(found) else None


def is_state_dict(found):
    return isinstance(found, dict) and all(isinstance(v, torch.Tensor) for v in found.values())


def read_pickle(path):
    options = {}
    if "weights_only" in inspect.signature(torch.load).parameters:
        options["weights_only"] = False
    try:
        import fastai.vision.all  # defines what the pickle refers to
    except ImportError as error:
        raise ConversionError(f"a learner needs fastai: {error}") from error
    supply_stand_ins()
    torch.serialization.pickle = lenient_pickle()  # torch 1.13 takes no notice of the argument
    try:
        return torch.load(path, map_location="cpu", pickle_module=torch.serialization.pickle,
                          **options)
    except Exception as error:  # whatever the pickle does
        raise ConversionError(f"fastai {fastai.__version__} with torch {torch.__version__} cannot "
                              "load it; the version that exported it, or a newer one, may: "
                              f"{error}") from error


# --- Learners ----------------------------------------------------------------------------------


class Segmenter(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x)


class Classifier(nn.Module):
    """What cxr-infer needs for heat maps: the network in two parts."""

    def __init__(self, body, top):
        super().__init__()
        self.body = body
        self.top = top

    def features(self, x):
        return self.body(x)

    def head(self, features):
        return self.top(features)

    def forward(self, x):
        return self.head(self.features(x))


def transforms_of(learner):
    """The transforms of a learner's items and batches, in order."""
    dls = learner.dls
    found = []
    for name in ("after_item", "after_batch"):
        found += list(getattr(getattr(dls, name, None), "fs", []))
    return found


def input_of(learner):
    """The contract's `input`, from the learner's transforms."""
    side, mean, std = None, [0.0] * 3, [1.0] * 3
    for transform in transforms_of(learner):
        name = type(transform).__name__
        if name == "Resize":
            side = [int(pixels) for pixels in transform.size]
            method = str(getattr(transform.method, "value", transform.method))
            if method != "squish":
                raise ConversionError(f"its images are resized by '{method}', not by 'squish'")
        if name == "Normalize":
            mean = [round(float(value), 6) for value in torch.as_tensor(transform.mean).flatten()]
            std = [round(float(value), 6) for value in torch.as_tensor(transform.std).flatten()]
    if side is None:
        raise ConversionError("it has no Resize among its item transforms")
    return {
        "width": side[1],
        "height": side[0],
        "resize": "squish",
        "filter": "bilinear-antialias",
        "mean": mean,
        "std": std,
    }


def vocabulary_of(learner):
    try:
        return learner.dls.vocab
    except AttributeError:  # that of another version is not found by this one
        for items in learner.dls.loaders[0].dataset.tls:
            for transform in items.tfms.fs:
                if hasattr(transform, "vocab"):
                    return transform.vocab
        raise ConversionError("it does not name its classes") from None


def classes_of(learner):
    vocabulary = vocabulary_of(learner)
    if not isinstance(vocabulary[0], str):  # of a target and its classes
        vocabulary = vocabulary[-1]
    return [str(name) for name in vocabulary]


def from_learner(learner):
    """A module and its contract."""
    network = learner.model.eval()
    if type(network).__name__ == "DynamicUnet":
        return Segmenter(network), {"kind": "segmenter", "input": input_of(learner), "classes": LUNGS}
    if not isinstance(network, nn.Sequential) or len(network) != 2:
        raise ConversionError(f"its model is a {type(network).__name__}, neither a U-Net nor a "
                              "body and a head")
    classes = classes_of(learner)
    return Classifier(network[0], network[1]), {
        "kind": "classifier",
        "input": input_of(learner),
        "classes": classes,
    }


# --- State dicts: networks whose weights have the names of cxr-train's --------------------------


class Convolution(nn.Module):
    """Convolution without bias, batch norm, and ReLU if asked for."""

    def __init__(self, inputs, outputs, kernel, stride=1, relu=True):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, kernel, kernel))
        self.norm_weight = nn.Parameter(torch.empty(outputs))
        self.norm_bias = nn.Parameter(torch.empty(outputs))
        self.register_buffer("running_mean", torch.empty(outputs))
        self.register_buffer("running_var", torch.empty(outputs))
        self.stride, self.padding, self.relu = stride, kernel // 2, relu

    def forward(self, x):
        y = functional.conv2d(x, self.weight, None, self.stride, self.padding)
        y = functional.batch_norm(y, self.running_mean, self.running_var, self.norm_weight,
                                  self.norm_bias)
        return functional.relu(y) if self.relu else y

    def take(self, weights, convolution, norm):
        taken = {
            "weight": f"{convolution}.weight",
            "norm_weight": f"{norm}.weight",
            "norm_bias": f"{norm}.bias",
            "running_mean": f"{norm}.running_mean",
            "running_var": f"{norm}.running_var",
        }
        self.load_state_dict({name: weights[key] for name, key in taken.items()})


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = Convolution(inputs, outputs, 3, stride)
        self.second = Convolution(outputs, outputs, 3, relu=False)
        self.shortcut = None
        if stride != 1 or inputs != outputs:
            self.shortcut = Convolution(inputs, outputs, 1, stride, relu=False)

    def forward(self, x):
        y = self.second(self.first(x))
        return functional.relu(y + (x if self.shortcut is None else self.shortcut(x)))


class Stage(nn.Module):
    def __init__(self, inputs, outputs, blocks, stride):
        super().__init__()
        for i in range(blocks):
            block = ResidualBlock(outputs if i else inputs, outputs, 1 if i else stride)
            self.add_module(f"block{i}", block)

    def forward(self, x):
        for block in self.children():
            x = block(x)
        return x


class Encoder(nn.Module):
    """ResNet-34 without its last layer."""

    def __init__(self):
        super().__init__()
        self.stem = Convolution(3, 64, 7, 2)
        planes = (64, 64, 128, 256, 512)
        for i, blocks in enumerate(BLOCKS):
            stage = Stage(planes[i], planes[i + 1], blocks, 2 if i else 1)
            self.add_module(f"stage{i + 1}", stage)

    def encode(self, x):
        """The planes after the stem and each stage."""
        levels = [self.stem(x)]
        levels.append(self.stage1(functional.max_pool2d(levels[0], 3, 2, 1)))
        for stage in (self.stage2, self.stage3, self.stage4):
            levels.append(stage(levels[-1]))
        return levels

    def take_encoder(self, weights, prefix=""):
        self.stem.take(weights, f"{prefix}conv1", f"{prefix}bn1")
        for i, blocks in enumerate(BLOCKS):
            for j in range(blocks):
                theirs = f"{prefix}layer{i + 1}.{j}"
                ours = getattr(getattr(self, f"stage{i + 1}"), f"block{j}")
                ours.first.take(weights, f"{theirs}.conv1", f"{theirs}.bn1")
                ours.second.take(weights, f"{theirs}.conv2", f"{theirs}.bn2")
                if ours.shortcut is not None:
                    ours.shortcut.take(weights, f"{theirs}.downsample.0", f"{theirs}.downsample.1")


class ResNet34(Encoder):
    def __init__(self, weights):
        super().__init__()
        self.take_encoder(weights)
        self.weight = nn.Parameter(weights["fc.weight"])
        self.bias = nn.Parameter(weights["fc.bias"])

    def features(self, x):
        return self.encode(x)[-1]

    def head(self, features):
        return functional.linear(features.mean([2, 3]), self.weight, self.bias)

    def forward(self, x):
        return self.head(self.features(x))


class DecoderBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.first = Convolution(inputs, outputs, 3)
        self.second = Convolution(outputs, outputs, 3)

    def forward(self, x, skip=None):
        x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
        return self.second(self.first(x if skip is None else torch.cat([x, skip], 1)))


class Unet(Encoder):
    def __init__(self, weights):
        super().__init__()
        self.take_encoder(weights, "encoder.")
        shapes = ((512 + 256, 256), (256 + 128, 128), (128 + 64, 64), (64 + 64, 32), (32, 16))
        for i, (inputs, outputs) in enumerate(shapes):
            block = DecoderBlock(inputs, outputs)
            for ours, theirs in ((block.first, "conv1"), (block.second, "conv2")):
                name = f"decoder.blocks.{i}.{theirs}"
                ours.take(weights, f"{name}.0", f"{name}.1")
            self.add_module(f"up{i + 1}", block)
        weight, bias = weights["segmentation_head.0.weight"], weights["segmentation_head.0.bias"]
        if len(weight) == 1:  # a sigmoid: the logit of the lung over that of a background of 0
            weight = torch.cat([torch.zeros_like(weight), weight])
            bias = torch.cat([torch.zeros_like(bias), bias])
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)

    def forward(self, x):
        stem, a, b, c, y = self.encode(x)
        y = self.up5(self.up4(self.up3(self.up2(self.up1(y, c), b), a), stem))
        return functional.conv2d(y, self.weight, self.bias, padding=1)


def from_weights(weights, classes):
    """A module and its contract."""
    contract = {
        "input": {
            "width": 224,
            "height": 224,
            "resize": "squish",
            "filter": "bilinear-antialias",
            "mean": IMAGENET_MEAN,
            "std": IMAGENET_STD,
        }
    }
    if "segmentation_head.0.weight" in weights:
        outputs = len(weights["segmentation_head.0.weight"])
        if outputs > 2:
            raise ConversionError(f"it has {outputs} classes; a segmenter has one or two")
        return Unet(weights).eval(), {"kind": "segmenter", "classes": LUNGS, **contract}
    if "fc.weight" not in weights or "layer4.2.conv2.weight" not in weights:
        raise ConversionError("its weights are neither those of torchvision's ResNet-34 nor of "
                              "segmentation_models_pytorch's Unet('resnet34')")
    outputs = len(weights["fc.weight"])
    if not classes and outputs == 1000:
        classes = [f"ImageNet {i}" for i in range(outputs)]
    if len(classes) != outputs:
        raise ConversionError(f"it has {outputs} classes; name them with --classes")
    return ResNet34(weights).eval(), {"kind": "classifier", "classes": classes, **contract}


# --- Writing -----------------------------------------------------------------------------------


def trace(module, contract):
    """TorchScript of a module; jit.script fails on fastai's hooks."""
    size = contract["input"]["height"], contract["input"]["width"]
    images = torch.randn(2, 3, *size)
    inputs = {"forward": images}
    if contract["kind"] == "classifier":
        inputs.update(features=images, head=module.features(images))
    return torch.jit.trace_module(module, inputs, check_trace=False)


def extra_files(contract):
    """As torch.jit.save takes them; before torch 1.7 that was no dict."""
    files = getattr(torch._C, "ExtraFilesMap", dict)()
    files["contract.json"] = json.dumps(contract, indent=2)
    return files


def largest_difference(module, file, contract):
    """Of outputs, over batches of other sizes than the traced one."""
    written = torch.jit.load(file)
    size = contract["input"]["height"], contract["input"]["width"]
    largest = 0.0
    for images in (torch.randn(1, 3, *size), torch.randn(3, 3, *size), torch.zeros(1, 3, *size)):
        expected = module(images)
        outputs = [written(images)]
        if contract["kind"] == "classifier":
            outputs.append(written.head(written.features(images)))
            if expected.shape[1] != len(contract["classes"]):
                raise ConversionError(f"it has {expected.shape[1]} outputs and "
                                      f"{len(contract['classes'])} classes")
        largest = max([largest] + [float((o - expected).abs().max()) for o in outputs])
    return largest


def write(module, contract, out):
    unfinished = f"{out}.part"
    os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
    try:
        torch.jit.save(trace(module, contract), unfinished, _extra_files=extra_files(contract))
        difference = largest_difference(module, unfinished, contract)
        if not difference <= LARGEST_DIFFERENCE:
            raise ConversionError(f"the converted model differs by {difference:g}")
        os.replace(unfinished, out)
        return difference
    finally:
        if os.path.exists(unfinished):
            os.remove(unfinished)


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="learner (.pkl) or state_dict (.pth)")
    parser.add_argument("--out", required=True, help="model to write (.pt)")
    parser.add_argument("--trust", action="store_true",
                        help="load a pickle, which can run any code")
    parser.add_argument("--classes", default="", help="classes of a state_dict, such as a,b,c")
    parser.add_argument("--name", help="name in the contract; default: the file's")
    parser.add_argument("--data", default="", help="description of its training data")
    parser.add_argument("--licence", default="", help="licence in the contract")
    return parser.parse_args(arguments)


def convert(options):
    if not os.path.isfile(options.model):
        raise ConversionError("no such file")
    weights = read_weights(options.model)
    classes = [name for name in options.classes.split(",") if name]
    if weights is None:
        print(f"convert_fastai: {options.model}: is a pickle, which can run any code when it is "
              "loaded", file=sys.stderr)
        if not options.trust:
            raise ConversionError("add --trust if you trust where it comes from")
        found = read_pickle(options.model)
        weights = found if is_state_dict(found) else None
    with torch.no_grad():
        module, contract = from_weights(weights, classes) if weights else from_learner(found)
        with open(options.model, "rb") as file:
            source = hashlib.sha256(file.read()).hexdigest()
        contract.update(
            name=options.name or os.path.splitext(os.path.basename(options.model))[0],
            version="1",
            data=options.data or f"converted from a file with SHA-256 {source}",
            licence=options.licence,
        )
        difference = write(module, contract, options.out)
    shown = ", ".join(contract["classes"][:5]) + (", …" if len(contract["classes"]) > 5 else "")
    print(f"{options.out}: {contract['kind']}, {contract['input']['width']} x "
          f"{contract['input']['height']}, {shown}; largest difference {difference:.1e}")


def main(arguments=None):
    options = parse_arguments(arguments)
    # Of what is deprecated, and of tracing: what depends on the size is fixed by the contract.
    warnings.simplefilter("ignore")
    try:
        convert(options)
    except ConversionError as error:
        print(f"convert_fastai: {options.model}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
