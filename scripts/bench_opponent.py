#!/usr/bin/python3
"""cxr-infer's work as one would write it in Python, with the same models: bench_opponent.py FOLDER BATCH [PICTURES]

Steps, libraries and picture are those of COVID-19_CXR_AI; better are frozen networks, one reading of each film, and
pictures drawn meanwhile by other processes. Prints a table, and images/s without the start on standard error. Needs
Debian's python3-torch, python3-opencv and python3-matplotlib.
"""
import json
import multiprocessing
import os
import sys
import time
import zipfile
from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import numpy as np
import torch


def load(name, methods):
    file = str(Path(__file__).resolve().parent.parent / "models" / name)
    with zipfile.ZipFile(file) as archive:
        contract = json.loads(archive.read(next(n for n in archive.namelist() if n.endswith("contract.json"))))
    frozen = torch.jit.freeze(torch.jit.load(file).float().eval(), methods)
    return torch.jit.optimize_for_inference(frozen, methods), contract


def to_input(images, contract):
    planes = np.stack(images) / np.float32(255)
    planes = (planes - np.float32(contract["input"]["mean"])) / np.float32(contract["input"]["std"])
    return torch.from_numpy(planes.transpose(0, 3, 1, 2).copy())


def with_longer_side(image, side):
    scale = side / max(image.shape)
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def lung_box(lung, shape):
    mask = (lung > 0.5).astype(np.uint8)
    quality = lung[mask > 0].mean() if mask.any() else 0
    if quality <= 0.875:
        return np.array([0, 0, shape[1], shape[0]]), quality
    stats = cv2.connectedComponentsWithStats(mask, connectivity=8)[2][1:]
    stats = stats[stats[:, 2] * stats[:, 3] > 0.01 * mask.size]
    low, high = stats[:, :2].min(0), (stats[:, :2] + stats[:, 2:4]).max(0)
    padding = ((high - low) * 0.05).astype(int)
    low, high = np.maximum(low - padding, 0), np.minimum(high + padding, mask.shape)
    return np.rint(np.concatenate([low, high - low]) * (shape[::-1] * 2) / mask.shape[0]).astype(int), quality


def enhance(film, box, contract):
    x, y, width, height = np.rint(box * (contract["film_side"] / max(film.shape))).astype(int)
    crop = with_longer_side(film, contract["film_side"])[y:y + height, x:x + width]
    crop = with_longer_side(crop, contract["enhance_side"])
    blur, block = (max(int(min(crop.shape) * share - 1) // 2 * 2 + 1, 7) for share in (0.005, 0.02))
    otsu = cv2.threshold(crop, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1]
    clahe = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(crop)
    local = cv2.adaptiveThreshold(cv2.medianBlur(crop, blur), 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C,
                                  cv2.THRESH_BINARY_INV, block, 2)
    rows, columns = (contract["input"][side] - have for side, have in zip(("height", "width"), crop.shape))
    return cv2.copyMakeBorder(cv2.merge([otsu, clahe, local]), rows // 2, rows - rows // 2, columns // 2,
                              columns - columns // 2, cv2.BORDER_CONSTANT)


def draw(file, image, box, cam, title):
    x, y, width, height = box
    figure, axes = plt.subplots(figsize=(8, 8), facecolor="white")
    axes.axis("off")
    axes.set_title(title)
    heat = cv2.resize(cam, (int(width), int(height)), interpolation=cv2.INTER_CUBIC)
    axes.imshow(heat, extent=(x, x + width, y + height, y), cmap="coolwarm")
    axes.imshow(image, cmap="gray", alpha=0.6)
    axes.add_patch(plt.Rectangle((x, y), width, height, edgecolor="yellow", facecolor="none"))
    figure.savefig(file, bbox_inches="tight")
    plt.close(figure)


folder, batch_size, *pictures = sys.argv[1], int(sys.argv[2]), *sys.argv[3:]
cores = len(os.sched_getaffinity(0))
plt.switch_backend("Agg")
pool = multiprocessing.Pool(cores) if pictures else None  # forked before there are threads
torch.set_num_threads(cores)
segmenter, film_contract = load("segmenter.pt", ["forward"])
classifier, contract = load("classifier.pt", ["features", "head"])
size = (film_contract["input"]["width"], film_contract["input"]["height"])
files, drawn, warm = sorted(Path(folder).iterdir()), [], None
for start in range(0, len(files), batch_size):
    if warm is None and start >= 2 * batch_size:  # the networks have been compiled
        warm = (start, time.perf_counter())
    batch = files[start:start + batch_size]
    images = [cv2.imread(str(file)) for file in batch]
    with torch.no_grad():
        squished = [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images]
        lungs = segmenter(to_input(squished, film_contract)).softmax(1)[:, 1].numpy()
        images = [cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) for image in images]
        boxes = [lung_box(lung, image.shape) for lung, image in zip(lungs, images)]
        planes = [enhance(image, box, contract) for image, (box, _) in zip(images, boxes)]
        features = classifier.features(to_input(planes, contract))
    logits = classifier.head(features.requires_grad_(pool is not None))
    probabilities = (logits.detach() / contract["temperature"] + torch.tensor(contract["offsets"] or 0)).softmax(1)
    best = probabilities.argmax(1)
    if pool:
        gradient = torch.autograd.grad(logits.gather(1, best[:, None]).sum(), features)[0]
        cams = (gradient.mean((2, 3), keepdim=True) * features.detach()).sum(1).clamp(min=0).numpy()
    for i, file in enumerate(batch):
        name, confidence = contract["classes"][best[i]], float(probabilities[i, best[i]])
        print(file.name, name, f"{confidence:.4f}", f"{boxes[i][1]:.4f}", sep=",")
        if pool:
            drawn.append(pool.apply_async(draw, (f"{pictures[0]}/{file.stem}.png", images[i],
                                                 boxes[i][0], cams[i], f"{name} ({confidence:.2})")))
for picture in drawn:
    picture.get()
if warm:
    print(f"{(len(files) - warm[0]) / (time.perf_counter() - warm[1]):.2f}", file=sys.stderr)
