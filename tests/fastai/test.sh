#!/usr/bin/env bash
# Makes small learners with fastai, converts them with scripts/convert_fastai.py, and compares what
# cxr-infer makes of the synthetic samples with what fastai does.
#
#   tests/fastai/test.sh [BUILD_FOLDER]
#
# Needs fastai (scripts/setup.sh --with-fastai); exit status 77 where it is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=$(realpath "${1:-build}")/bin
python=${HOME:-/root}/.cache/cxr-infer/fastai/bin/python3

if ! "$python" -c 'import fastai, torch, torchvision, cv2, scipy' 2>/dev/null; then
  echo "fastai: skipped: fastai is missing; scripts/setup.sh --with-fastai installs it"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
"$python" tests/fastai/compare.py "$bin/cxr-infer" "$work"
