#!/usr/bin/env bash
# Installs what is missing, builds, and processes the sample radiographs: predictions on the terminal,
# report and heat maps in build/demo.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
scripts/build.sh build -DCMAKE_BUILD_TYPE=Release -- cxr-infer
build/bin/cxr-infer --config config/model-config.json --xraypath images/samples \
  --output build/demo --if-exists overwrite --save overlay,panels --format table
echo
echo "Open $PWD/build/demo/report.html"
