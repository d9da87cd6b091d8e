#!/usr/bin/env bash
# Trains both networks from manifests (src/train/README.md), in about 14 hours on two cores:
#
#   scripts/train-models.sh SEGMENTATION.csv CLASSIFICATION.csv FOLDER [NONE.csv]
#
# NONE.csv lists pictures without lungs, with `none` as mask, for a segmenter that finds none in them.
# FOLDER/segmenter.pt and FOLDER/classifier.pt are the models; what else is in FOLDER is only needed
# to continue: after an interruption, run the same command again.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -lt 3 ] || [ $# -gt 4 ]; then
  sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
  exit 2
fi
segmentation=$1 classification=$2 folder=$3 none=${4:-}
scripts/build.sh build -DCMAKE_BUILD_TYPE=Release -- cxr-train cxr-infer
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

# films_with_masks SEGMENTER: a manifest of the training films of the classifier whose lungs that
# segmenter is sure of, as it draws them. Pictures without lungs alone would teach it to find none.
films_with_masks() {
  local results=$folder/films manifest=$folder/films.csv
  awk -F, -v folder="$(realpath "$(dirname "$classification")")" '
    NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; next }
    $column["split"] == "train" { path = $column["image"]; print path ~ /^\// ? path : folder "/" path }
  ' "$classification" |
    build/bin/cxr-infer --config config/model-config.json --set segmenter="$1" --xraypath - --root / \
      --save mask --no-heatmaps --output "$results" --if-exists resume --quiet >/dev/null
  awk -F, '
    NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; print "image,mask,split,source"; next }
    $column["Status"] == "ok" && $column["Estimated Quality"] >= 0.93 {
      mask = $column["Image"]
      sub(/\.(png|jpe?g|tiff?|bmp|webp)$/, "", mask)
      print $column["File"] ",films/masks/" mask ".png,train,films"
    }' "$results/results.csv" >"$manifest"
  echo "$manifest"
}

if [ -z "$none" ]; then
  train segmenter --data "$segmentation" --out "$folder/segmenter.pt"
else
  train segmenter --data "$segmentation" --out "$folder/lungs.pt"
  films=$(films_with_masks "$folder/lungs.pt")
  tune() {
    train segmenter --data "$segmentation" --data "$films" --data "$none" --resample 1.5 --blur 2 \
      --jpeg 0.3 --epochs 5 "$@"
  }
  tune --init "$folder/lungs.pt" --initial-share 0.5 --images-per-epoch 2000 --learning-rate 5e-4 \
    --negatives 0.05 --out "$folder/near.pt"
  tune --init "$folder/near.pt" --images-per-epoch 1600 --learning-rate 1.5e-4 --averaging 0.99 \
    --negatives 0.04 --out "$folder/segmenter.pt"
fi
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
