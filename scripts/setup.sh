#!/usr/bin/env bash
# Installs what cxr-infer needs to be built, tested and run, from Debian's or Ubuntu's packages.
# With --with-browser also Chromium, in which a test opens the report; without it, that is skipped.
# Safe to run again: what is installed is left alone. Works as root and with sudo. A LibTorch of
# one's own, named in CMAKE_PREFIX_PATH, is used instead of the package.
set -euo pipefail

packages=(
  g++ cmake ninja-build                # compiler and build
  libtorch-dev                         # networks
  libopenblas0-pthread                 # for LibTorch, which else uses the slow reference BLAS
  libopencv-dev zlib1g-dev             # images
  libdcmtk-dev libcharls-dev           # DICOM
  libssl-dev                           # SHA-256 of models
  nlohmann-json3-dev libcli11-dev      # configuration, options
  libgtest-dev                         # tests
)

if [ "${1:-}" = --with-browser ] && grep -qx 'ID=debian' /etc/os-release; then
  packages+=(chromium)  # Ubuntu has it as a snap only
fi

has_own_libtorch() {
  local folder
  IFS=: read -ra folders <<<"${CMAKE_PREFIX_PATH:-}"
  for folder in ${folders[@]+"${folders[@]}"}; do
    [ -e "$folder/share/cmake/Torch/TorchConfig.cmake" ] && return
  done
  return 1
}

missing=()
for package in "${packages[@]}"; do
  if [ "$package" = libtorch-dev ] && has_own_libtorch; then continue; fi
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
if [[ " ${missing[*]} " == *" libtorch-dev "* ]] && ! apt-cache show libtorch-dev >/dev/null 2>&1; then
  echo "setup: this distribution has no package libtorch-dev (Ubuntu 24.04 has none). Unpack the" >&2
  echo "  CPU archive of https://pytorch.org (C++, Linux, CPU) and run me again with" >&2
  echo "  CMAKE_PREFIX_PATH=/path/to/libtorch in the environment." >&2
  exit 1
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "setup: done"
