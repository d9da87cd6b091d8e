"""compare.py PROGRAM FOLDER: compares cxr-infer with fastai; writes to FOLDER. Run by test.sh.

The learners are those of COVID-19_CXR_AI but for their weights, which are random: the U-Net sees
lungs where a film is bright, more or less. The stages are the original program's.
"""

import csv
import json
import pickle
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import cv2
import fastai.layers
import numpy as np
import torch
from fastai.vision.all import (
    CategoryBlock, DataBlock, F, ImageBlock, MaskBlock, Normalize, PILImage, Resize, TensorImage,
    get_image_files, image2tensor, imagenet_stats, parent_label, resnet34, unet_learner,
    vision_learner)

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ["COVID-19", "Normal", "Pneumonia"]
THRESHOLD = 0.8  # of quality; some samples are below
PROBABILITY_TOLERANCE = 1e-3
MAP_TOLERANCE = 0.02  # of the map's range


# --- Learners ----------------------------------------------------------------------------------


def train_mask_fn(file):
    return file.parents[1] / "masks" / f"{file.stem}.png"


def get_cropped_image(file):
    return enhanced(cv2.imread(str(file)), crops.get(file))


crops = {}  # by file; none: the whole film


def odd_window(image, share):
    window = int(min(image.shape) * share)
    return max(window - (1 - window % 2), 7)


def enhanced(image, box):
    if box is not None:
        x, y, width, height = box
        image = image[y:y + height, x:x + width]
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    blurred = cv2.medianBlur(grey, odd_window(grey, 0.005))
    planes = [
        cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1],
        cv2.createCLAHE(3.0, (8, 8)).apply(grey),
        cv2.adaptiveThreshold(blurred, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C,
                              cv2.THRESH_BINARY_INV, odd_window(grey, 0.02), 2),
    ]
    return TensorImage(image2tensor(np.stack(planes, axis=2)))


def write_training_set(folder):
    """Noise; the learners only have to know their classes."""
    random = np.random.default_rng(1)
    for name in CLASSES:
        for kind in ("masks", name):
            (folder / kind).mkdir(exist_ok=True)
        for i in range(2):
            noise = random.integers(0, 256, (64, 64), dtype=np.uint8)
            cv2.imwrite(str(folder / name / f"{name}_{i}.png"), noise)
            cv2.imwrite(str(folder / "masks" / f"{name}_{i}.png"), noise // 128)


def films_of_classes(folder):
    return [file for name in CLASSES for file in get_image_files(folder / name)]


def loaders(folder, **options):
    block = DataBlock(get_items=films_of_classes, item_tfms=Resize((224, 224), method="squish"),
                      batch_tfms=Normalize.from_stats(*imagenet_stats), **options)
    return block.dataloaders(folder, bs=2, num_workers=0)


def settle(learner, films):
    """Statistics of the batch norms, without which random weights give enormous outputs."""
    for module in learner.model.modules():
        if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            module.momentum = 1.0
    (batch,) = learner.dls.test_dl(films, bs=len(films), num_workers=0).one_batch()
    learner.model.train()
    with torch.no_grad():
        learner.model(batch)
    learner.model.eval()


def make_segmenter(folder, films):
    dls = loaders(folder, blocks=(ImageBlock, MaskBlock(["background", "lung"])),
                  get_y=train_mask_fn)
    learner = unet_learner(dls, resnet34, pretrained=False, n_out=2)
    settle(learner, films)
    last = [m for m in learner.model.modules() if isinstance(m, torch.nn.Conv2d)][-1]
    with torch.no_grad():  # the last of its inputs are the film
        last.weight *= 0.3
        last.weight[:, -3:] = torch.tensor([0.0, 3.0]).view(2, 1, 1, 1)
        last.bias[:] = torch.tensor([10.0, 0.0])
    return learner


def make_classifier(folder, films):
    dls = loaders(folder, blocks=(ImageBlock, CategoryBlock), get_x=get_cropped_image,
                  get_y=parent_label)
    learner = vision_learner(dls, resnet34, pretrained=False)
    settle(learner, films)
    return learner


# --- The original's stages ---------------------------------------------------------------------


def lung_box(mask, size):
    """Of all of the mask, padded, in pixels of the film."""
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    scaled = []
    for found, length, pixels in ((columns, mask.shape[1], size[0]), (rows, mask.shape[0], size[1])):
        begin, end = found[0], found[-1] + 1
        padding = int((end - begin) * 0.05)
        begin, end = max(0, begin - padding), min(length, end + padding)
        scaled.append((int(begin / length * pixels), int((end - begin) / length * pixels)))
    (x, width), (y, height) = scaled
    return x, y, width, height


def find_lungs(learner, films):
    dl = learner.dls.test_dl(films, bs=2, num_workers=0)
    with learner.no_bar():
        found, _, masks = learner.get_preds(dl=dl, with_decoded=True)
    for film, probabilities, mask in zip(films, found.numpy(), masks.numpy()):
        quality = float(probabilities[1][mask == 1].mean())
        yield film, lung_box(mask, PILImage.create(film).size), quality


def classify(learner, films):
    """Probabilities and maps. A map is made of the gradient of the logits weighted by themselves."""
    body, head = learner.model
    for film in films:
        (batch,) = learner.dls.test_dl([film], bs=1, num_workers=0).one_batch()
        features = body(torch.Tensor(batch)).detach().requires_grad_()
        logits = head(features)
        logits.backward(logits)
        weights = features.grad.mean(dim=[2, 3], keepdim=True)
        yield F.softmax(logits, 1)[0].tolist(), (weights * features).sum(1)[0].detach().numpy()


def expected(segmenter, classifier, films):
    rows = {}
    for film, box, quality in find_lungs(segmenter, films):
        crops[film] = box if quality > THRESHOLD else None
        rows[film.name] = {"box": box, "quality": quality}
    for film, (probabilities, cam) in zip(films, classify(classifier, films)):
        width, height = (crops[film] or (0, 0, *PILImage.create(film).size))[2:]
        enlarged = cv2.resize(cam, (width, height), interpolation=cv2.INTER_CUBIC)
        enlarged = (enlarged - enlarged.min()) / np.ptp(enlarged)
        rows[film.name].update(probabilities=probabilities, map=enlarged)
    return rows


# --- The program -------------------------------------------------------------------------------


def of_another_version():
    """Of a class that the converter's fastai does not have."""
    fastai.layers.Gone = type("Gone", (), {"__module__": "fastai.layers"})
    return fastai.layers.Gone()


def convert(learner, folder, name):
    loss, learner.loss_func = learner.loss_func, of_another_version()
    learner.export(folder / f"{name}.pkl", pickle_module=pickle)
    learner.loss_func = loss
    script = ROOT / "scripts" / "convert_fastai.py"
    subprocess.run([sys.executable, script, folder / f"{name}.pkl", "--out",
                    folder / "models" / f"{name}.pt", "--trust"], check=True)


def map_in(picture):
    """The map in a grey picture without the radiograph, inside the yellow box around the crop."""
    is_yellow = (picture == (0, 221, 255)).all(2)
    rows, columns = np.nonzero(is_yellow.any(1))[0], np.nonzero(is_yellow.any(0))[0]
    shown = picture[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1, 0]
    line = int(np.argmin(is_yellow[(rows[0] + rows[-1]) // 2, columns[0]:]))
    return shown / 255, line


def run(program, folder):
    """Rows of cxr-infer for the films, with the maps that it draws."""
    config = {
        "segmenter": "models/segmenter.pt",
        "classifier": "models/classifier.pt",
        "crop_confidence_threshold": THRESHOLD,
        "smallest_component": 0,
        "polarity": "as-is",
        "threads": 1,
        "heatmap": {"method": "original", "cmap": "gray", "xray-opacity": 0, "figsize": "native"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    pictures = folder / "pictures"
    subprocess.run([program, "--config", folder / "config.json", "--xraypath",
                    folder / "films", "--heatmappath", pictures, "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)
    with open(pictures / "results.csv", newline="") as table:
        rows = {row["Image"]: row for row in csv.DictReader(table)}
    for name, row in rows.items():
        row["map"], row["line"] = map_in(cv2.imread(str(pictures / f"{Path(name).stem}.png")))
    return rows


# --- Comparison --------------------------------------------------------------------------------


def differences(name, row, wanted):
    """What differs, in words."""
    found = []
    box = tuple(int(row[f"Box {key}"]) for key in ("X", "Y", "Width", "Height"))
    if box != wanted["box"]:
        found.append(f"box {box} instead of {wanted['box']}")
    prediction = CLASSES[int(np.argmax(wanted["probabilities"]))]
    if row["Prediction"] != prediction:
        found.append(f"{row['Prediction']} instead of {prediction}")
    quality = abs(float(row["Estimated Quality"]) - wanted["quality"])
    off = max(abs(float(row[f"P({key})"]) - value)
              for key, value in zip(CLASSES, wanted["probabilities"]))
    if max(quality, off) > PROBABILITY_TOLERANCE:
        found.append("a probability")
    in_map = np.inf
    if row["map"].shape == wanted["map"].shape:
        inside = np.s_[row["line"]:-row["line"], row["line"]:-row["line"]]
        in_map = np.abs(row["map"][inside] - wanted["map"][inside]).max()
    if in_map > MAP_TOLERANCE:
        found.append("the heat map")
    print(f"{name}: box {box}, {row['Prediction']}; differences: quality {quality:.1e}, "
          f"probability {off:.1e}, heat map {in_map:.4f}")
    return [f"{name}: differs: {what}" for what in found]


def main(program, folder):
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.manual_seed(5)
    (folder / "films").mkdir()
    films = [folder / "films" / file.name
             for file in sorted(get_image_files(ROOT / "images" / "samples"))
             if file.name != "clear_12bit.png"]  # which the original cannot read
    for film in films:
        shutil.copy(ROOT / "images" / "samples" / film.name, film)
    write_training_set(folder)
    segmenter, classifier = make_segmenter(folder, films), make_classifier(folder, films)
    convert(segmenter, folder, "segmenter")
    convert(classifier, folder, "classifier")
    wanted, rows = expected(segmenter, classifier, films), run(program, folder)
    assert len(films) >= 5 and rows.keys() == wanted.keys(), "not the same films"
    assert len({row["box"] for row in wanted.values()}) > 1, "the boxes say nothing"
    assert len({row["Prediction"] for row in rows.values()}) > 1, "the classes say nothing"
    found = [line for name in rows for line in differences(name, rows[name], wanted[name])]
    print("\n".join(found or ["fastai and cxr-infer agree"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
