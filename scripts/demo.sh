#!/usr/bin/env bash
# Sets everything up and reads the sample radiographs: predictions on the terminal, heat maps in
# build/demo.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
scripts/build.sh build -DCMAKE_BUILD_TYPE=Release
build/bin/cxr-infer --config config/model-config.json --xraypath images/samples \
  --heatmappath build/demo
echo
echo "Pictures and the table are in $PWD/build/demo: open $(find build/demo -name '*.png' | sort | head -n 1)"
