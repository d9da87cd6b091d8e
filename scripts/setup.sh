#!/usr/bin/env bash
# Installs what cxr-infer needs to be built, tested and run, from Debian's or Ubuntu's packages.
# Safe to run again: what is installed is left alone. Works as root and with sudo.
set -euo pipefail

packages=(
  g++ cmake ninja-build                # compiler and build
  libtorch-dev libopenblas0-pthread    # networks; without OpenBLAS the slow reference BLAS is used
  libopencv-dev zlib1g-dev             # images
  nlohmann-json3-dev libcli11-dev      # configuration, options
  libgtest-dev                         # tests
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "setup: everything is installed"
  exit 0
fi

echo "setup: installing ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup: run me as root, or install sudo" >&2; exit 1; }
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "setup: done"
