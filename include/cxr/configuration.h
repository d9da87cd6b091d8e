#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cxr/contract.h"
#include "cxr/explain.h"
#include "cxr/lung_box.h"

namespace cxr {

enum class Layout { overlay, panels };

/// How heat-map pictures are made and drawn (`heatmap` in the configuration).
struct HeatmapOptions {
  std::string cmap = "coolwarm";          ///< a name of colormap_names()
  double xray_opacity = 0.75;             ///< of the radiograph over the map, 0..1
  double figsize = 8;                     ///< inches at 100 dots an inch, 2 to 40: longest side
  CamMethod method = CamMethod::gradcam;  ///< `gradcam`, `original`
  Layout layout = Layout::overlay;        ///< `overlay`, `panels`
};

/// A model file, and its contract where the file carries none.
struct ModelSource {
  std::filesystem::path file;
  std::optional<Contract> contract;
};

/// All that a run needs to know. The keys and their meaning are the original programme's.
struct Configuration {
  ModelSource segmenter;
  ModelSource classifier;
  int batch_size = 8;                                  ///< images in memory at a time, 1 to 1024
  double crop_confidence_threshold = kTrustedQuality;  ///< of the lung box, 0..1
  HeatmapOptions heatmap;
};

/// Reads a JSON configuration. `segmenter` and `classifier` are a path, or an object with `path`
/// and `contract`; paths are relative to the configuration file. Comments are allowed.
///
/// Throws UsageError naming the file, the key and what is allowed: not readable, no JSON, a key
/// that is missing or unknown, a value of the wrong type or out of range.
Configuration load_configuration(const std::filesystem::path& file);

}  // namespace cxr
