#!/usr/bin/env bash
# Trains both networks from manifests (src/train/README.md), in about 12 hours on two cores:
#
#   scripts/train-models.sh SEGMENTATION.csv CLASSIFICATION.csv FOLDER
#
# FOLDER/segmenter.pt and FOLDER/classifier.pt are the models; what else is in FOLDER is only needed
# to continue: after an interruption, run the same command again.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -ne 3 ]; then
  sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
  exit 2
fi
segmentation=$1 classification=$2 folder=$3
scripts/build.sh build -DCMAKE_BUILD_TYPE=Release -- cxr-train
mkdir -p "$folder"

train() {
  build/bin/cxr-train --config config/training.json "$@" --resume
}
# classifier OUT OPTION...: with the lungs that were found for another classifier, if any.
classifier() {
  local out=$folder/$1.pt
  shift
  if [ ! -e "$out.lungs.csv" ] && [ -e "$folder/first.pt.lungs.csv" ]; then
    cp "$folder/first.pt.lungs.csv" "$out.lungs.csv"
  fi
  train classifier --data "$classification" --segmenter "$folder/segmenter.pt" --out "$out" "$@"
}
has_source() {
  grep -qE "(^|,)$1(,|$)" "$classification"
}

train segmenter --data "$segmentation" --out "$folder/segmenter.pt"
classifier first
classifier second --init "$folder/first.pt" --first-side 160 --side 224 --epochs 10 \
  --images-per-epoch 4500 --learning-rate 6e-4

# Copies that have not seen some hospitals, for the confidence at a new one.
folds=()
for sources in siim,bimcv rsna,nih; do
  if ! has_source "${sources%,*}"; then continue; fi
  fold=without_${sources/,/_}
  classifier "$fold" --hold-out "${sources%,*}" --hold-out "${sources#*,}" --epochs 7 \
    --images-per-epoch 4000
  folds+=(--fold "$folder/$fold.pt" "$sources")
done
build/bin/cxr-train calibrate --model "$folder/second.pt" --segmenter "$folder/segmenter.pt" \
  --data "$classification" ${folds[@]+"${folds[@]}"} --out "$folder/classifier.pt"
