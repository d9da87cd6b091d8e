#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages needed to build, test and run cxr-infer.
#   --with-browser  also install Chromium, and axe-core from PyPI into ~/.cache/cxr-infer, for the
#                   tests of the report; they are skipped without them
#   --with-archive  also install Orthanc, DCMTK's tools and dicom3tools, and highdicom from PyPI into
#                   ~/.cache/cxr-infer, for the tests of DICOM objects; they are skipped without them
#   --with-fastai   also install fastai from PyPI into ~/.cache/cxr-infer, over Debian's PyTorch, for
#                   the test of scripts/convert_fastai.py; it is skipped without it
#   --with-cluster  also install Slurm, for its test, which is skipped without it, and patchelf, zstd and
#                   debootstrap, for scripts/bundle.sh and its test; pandas and R, for the examples
#   --with-fuzz     also install clang and its run-time library, for scripts/fuzz.sh
#   --with-lint     also install clang-format and clang-tidy, for scripts/lint.sh, and ccache
# Can be run again: installed packages are left alone. Works as root and with sudo. If
# CMAKE_PREFIX_PATH names another LibTorch, the distribution's PyTorch is not installed.
set -euo pipefail

with_axe=false
with_highdicom=false
with_fastai=false
packages=(
  g++ cmake ninja-build                # compiler and build
  libtorch-dev                         # networks
  libopenblas0-pthread                 # or LibTorch uses the slow reference BLAS
  libopencv-dev zlib1g-dev             # images
  libopencv-contrib-dev fonts-dejavu-core  # text on pictures
  libdcmtk-dev libcharls-dev           # DICOM
  libdeflate-dev                       # pictures
  libseccomp-dev                       # rights of the processes that read images
  libssl-dev                           # SHA-256 of models
  nlohmann-json3-dev libcli11-dev      # configuration, options
  libgtest-dev                         # tests
)

for option in "$@"; do
  case $option in
    --with-browser)  # on Ubuntu, only a snap
      with_axe=true
      packages+=(python3-pip)
      if grep -qx 'ID=debian' /etc/os-release; then packages+=(chromium); fi ;;
    --with-archive)
      with_highdicom=true
      packages+=(orthanc orthanc-dicomweb dcmtk dicom3tools curl python3-venv) ;;
    --with-fastai)
      with_fastai=true
      packages+=(python3-venv python3-torch python3-torchvision python3-opencv python3-matplotlib)
      packages+=(python3-pandas python3-scipy) ;;
    --with-cluster)
      packages+=(slurm-wlm munge procps patchelf zstd debootstrap)
      packages+=(python3-pandas r-base-core r-cran-jsonlite) ;;
    --with-fuzz) packages+=(clang libclang-rt-dev) ;;
    --with-lint) packages+=(clang-format clang-tidy ccache) ;;
    *)
      echo "setup: unknown option $option; allowed: --with-browser, --with-archive, --with-fastai, --with-cluster, --with-fuzz, --with-lint" >&2
      exit 2 ;;
  esac
done

has_own_libtorch() {
  local folder
  IFS=: read -ra folders <<<"${CMAKE_PREFIX_PATH:-}"
  for folder in ${folders[@]+"${folders[@]}"}; do
    [ -e "$folder/share/cmake/Torch/TorchConfig.cmake" ] && return
  done
  return 1
}

# axe-core checks the accessibility of the report. Debian has no package of it.
install_axe() {
  local folder=${HOME:-/root}/.cache/cxr-infer work
  [ -e "$folder/axe.min.js" ] && return
  work=$(mktemp -d)
  if python3 -m pip download --quiet --no-deps --dest "$work" axe-playwright-python==0.1.8 &&
    python3 -m zipfile -e "$work"/*.whl "$work"; then
    mkdir -p "$folder"
    cp "$work"/axe_playwright_python/axe.min.js "$folder"
  else
    echo "setup: axe-core cannot be downloaded; its test will be skipped" >&2
  fi
  rm -r "$work"
}

# highdicom reads the DICOM objects, and brings pydicom. Debian has no package of it.
install_highdicom() {
  local folder=${HOME:-/root}/.cache/cxr-infer/python
  "$folder/bin/python3" -c 'import highdicom' 2>/dev/null && return
  if ! { python3 -m venv "$folder" && "$folder/bin/pip" install --quiet highdicom==0.28.2; }; then
    echo "setup: highdicom cannot be downloaded; its tests will be skipped" >&2
  fi
}

# What Debian has is taken from there: PyTorch of PyPI brings gigabytes of CUDA. fastai's training of
# language models would need spacy.
install_fastai() {
  local folder=${HOME:-/root}/.cache/cxr-infer/fastai
  "$folder/bin/python3" -c 'import fastai, joblib; assert fastai.__version__ == "2.7.12"' 2>/dev/null && return
  if ! { /usr/bin/python3 -m venv --clear --system-site-packages "$folder" &&
    "$folder/bin/pip" install --quiet --no-deps fastai==2.7.12 fastcore==1.5.29 fastdownload==0.0.7 \
      fastprogress==1.0.3 scikit-learn==1.2.2 threadpoolctl==3.5.0 joblib==1.4.2; }; then
    echo "setup: fastai cannot be downloaded; its test will be skipped" >&2
  fi
}

finish() {
  if $with_axe; then install_axe; fi
  if $with_highdicom; then install_highdicom; fi
  if $with_fastai; then install_fastai; fi
  echo "setup: $1"
  exit 0
}

missing=()
for package in "${packages[@]}"; do
  case $package in libtorch-dev | python3-torch*) if has_own_libtorch; then continue; fi ;; esac
  status=$(dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  finish "all packages are installed"
fi

echo "setup: installing ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup: needs root or sudo" >&2; exit 1; }
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -qq
if [[ " ${missing[*]} " == *" libtorch-dev "* ]] && ! apt-cache show libtorch-dev >/dev/null 2>&1; then
  echo "setup: this distribution has no package libtorch-dev. Download LibTorch from" >&2
  echo "  https://pytorch.org (Linux, C++, CPU), unpack it, and run this script again with" >&2
  echo "  CMAKE_PREFIX_PATH=/path/to/libtorch in the environment." >&2
  exit 1
fi
# The tests start an archive of their own; the package's server must not run.
if [[ " ${missing[*]} " == *" orthanc "* ]] && command -v systemctl >/dev/null; then
  "${as_root[@]}" systemctl mask --quiet orthanc || true
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
finish "done"
