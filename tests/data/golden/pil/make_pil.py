"""Makes the values that tests/base/resize_test.cpp compares with: Pillow's BILINEAR.

Run with Pillow and numpy. The pictures are made by a generator of its own, so that they are the
same everywhere.
"""

import numpy as np
from PIL import Image


def picture(height, width, seed):
    rng = np.random.RandomState(seed)
    y, x = np.mgrid[0:height, 0:width]
    smooth = 127 + 90 * np.sin(x / 7.0 + seed) * np.cos(y / 5.0)
    edges = 255 * ((x // 9 + y // 6) % 2)
    noise = rng.randint(0, 256, (height, width))
    return np.where(y < height // 3, smooth, np.where(y < 2 * height // 3, edges, noise)).astype(np.uint8)


grey = Image.fromarray(picture(61, 47, 1))
colour = Image.fromarray(np.dstack([picture(50, 70, seed) for seed in (2, 3, 4)]))
grey.save("grey.png")
colour.save("colour.png")
for width, height in ((32, 32), (20, 64), (80, 90), (47, 32), (11, 7)):
    for name, image in (("grey", grey), ("colour", colour)):
        image.resize((width, height), Image.BILINEAR).save(f"{name}_{width}x{height}.png")
