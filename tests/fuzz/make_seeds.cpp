// fuzz-seeds DIR: writes small valid inputs of every kind, from which fuzzing starts, into
// DIR/KIND.

#include <exception>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/csv.h"
#include "base/json_lines.h"
#include "base/sha256.h"
#include "cxr/configuration.h"
#include "cxr/error.h"
#include "fuzz.h"
#include "infer/result_format.h"
#include "infer/run_record.h"
#include "support/dicom_file.h"
#include "support/phantom.h"

namespace {

namespace fs = std::filesystem;
using cxr::Result;
using cxr::fuzz::write_file;
using cxr::test::DicomSpec;
using nlohmann::json;

const std::vector<std::string> kClasses{"COVID-19", "Normal", "Pneumonia"};

fs::path folder(const fs::path& root, const char* kind) {
  fs::create_directories(root / kind);
  return root / kind;
}

/// A phantom of 40 x 48 pixels of one of OpenCV's types.
cv::Mat film(int type) {
  cv::Mat grey = cxr::test::make_phantom({.size = {80, 96}, .seed = 3}).image, image;
  cv::resize(grey, grey, {40, 48}, 0, 0, cv::INTER_AREA);
  const double scale = CV_MAT_DEPTH(type) == CV_16U   ? 257
                       : CV_MAT_DEPTH(type) == CV_32F ? 1 / 255.0
                                                      : 1;
  grey.convertTo(grey, CV_MAT_DEPTH(type), scale);
  if (CV_MAT_CN(type) == 1) return grey;
  cv::cvtColor(grey, image, CV_MAT_CN(type) == 3 ? cv::COLOR_GRAY2BGR : cv::COLOR_GRAY2BGRA);
  return image;
}

void write_image(const fs::path& file, int type, const std::vector<int>& options = {}) {
  if (!cv::imwrite(file, film(type), options)) throw std::runtime_error(file.string());
}

void write_images(const fs::path& root) {
  const fs::path png = folder(root, "png"), jpeg = folder(root, "jpeg"),
                 tiff = folder(root, "tiff"), bmp = folder(root, "bmp"),
                 webp = folder(root, "webp");
  for (const int type : {CV_8UC1, CV_8UC3, CV_8UC4, CV_16UC1, CV_16UC3, CV_16UC4}) {
    write_image(png / (std::to_string(type) + ".png"), type);
  }
  write_image(png / "bilevel.png", CV_8UC1, {cv::IMWRITE_PNG_BILEVEL, 1});
  for (const int type : {CV_8UC1, CV_8UC3}) {
    const std::string name = std::to_string(type);
    write_image(jpeg / (name + ".jpg"), type);
    write_image(jpeg / (name + "p.jpg"), type, {cv::IMWRITE_JPEG_PROGRESSIVE, 1});
    write_image(jpeg / (name + "r.jpg"), type, {cv::IMWRITE_JPEG_RST_INTERVAL, 2});
    write_image(bmp / (name + ".bmp"), type);
  }
  write_image(bmp / "alpha.bmp", CV_8UC4);
  for (const int type : {CV_8UC3, CV_8UC4}) {
    for (const int quality : {60, 101}) {  // beyond 100: without loss
      write_image(webp / (std::to_string(type * 1000 + quality) + ".webp"), type,
                  {cv::IMWRITE_WEBP_QUALITY, quality});
    }
  }
  for (const int type : {CV_8UC1, CV_8UC3, CV_8UC4, CV_16UC1, CV_16UC3, CV_32FC1}) {
    for (const int compression : {1, 5, 8, 32773}) {  // none, LZW, Deflate, PackBits
      write_image(tiff / (std::to_string(type * 100000 + compression) + ".tif"), type,
                  {cv::IMWRITE_TIFF_COMPRESSION, compression});
    }
  }
}

void write_dicoms(const fs::path& root) {
  const fs::path dicom = folder(root, "dicom");
  int count = 0;
  const auto put = [&](const DicomSpec& spec) {
    cxr::test::write_dicom(dicom / (std::to_string(++count) + ".dcm"), spec);
  };
  for (const E_TransferSyntax syntax :
       {EXS_LittleEndianImplicit, EXS_LittleEndianExplicit, EXS_BigEndianExplicit,
        EXS_DeflatedLittleEndianExplicit, EXS_RLELossless, EXS_JPEGProcess1, EXS_JPEGProcess14SV1,
        EXS_JPEGLSLossless, EXS_JPEGLSLossy, EXS_JPEG2000LosslessOnly, EXS_JPEG2000}) {
    put({.samples = film(CV_8UC1), .syntax = syntax});
    put({.samples = film(CV_8UC3), .photometric = "RGB", .syntax = syntax});
    if (syntax == EXS_JPEGProcess1) continue;  // 8 bits alone
    put({.samples = film(CV_16UC1),
         .photometric = "MONOCHROME1",
         .syntax = syntax,
         .texts = {{"0028,1050", "30000"}, {"0028,1051", "20000"}, {"0020,0020", "F\\L"}}});
  }
  put({.samples = film(CV_8UC1), .has_preamble = false});
  put({.samples = film(CV_8UC1), .frames = 2});
  put({.samples = film(CV_8UC1), .has_image = false});
  put({.samples = film(CV_8UC1),
       .texts = {{"0028,1052", "-3"},
                 {"0028,1053", "1.5"},
                 {"2050,0020", "INVERSE"},
                 {"0028,0034", "1\\2"}},
       .words = {{"0028,0120", {3}}}});
  std::vector<std::uint16_t> table(256);
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<std::uint16_t>(i * i);
  put({.samples = film(CV_8UC1),
       .words = {{"0028,3010/0028,3002", {256, 0, 16}}, {"0028,3010/0028,3006", table}}});
  put({.samples = film(CV_8UC1),
       .photometric = "PALETTE COLOR",
       .words = {{"0028,1101", {256, 0, 16}},
                 {"0028,1102", {256, 0, 16}},
                 {"0028,1103", {256, 0, 16}},
                 {"0028,1201", table},
                 {"0028,1202", table},
                 {"0028,1203", table}}});
  put({.samples = film(CV_8UC3), .photometric = "YBR_FULL", .in_planes = true});
}

cxr::Contract contract(cxr::Contract::Kind kind) {
  cxr::Contract contract;
  contract.kind = kind;
  contract.name = "name";
  contract.classes = {"background", "lung"};
  if (kind == cxr::Contract::Kind::classifier) {
    contract.classes = kClasses;
    contract.film_side = 1024;
    contract.offsets = {0.5F, 0, -0.5F};
    contract.conformal = {0.1F, 0.2F, 0.3F};
  }
  return contract;
}

void write_settings(const fs::path& root) {
  const json classifier = to_json(contract(cxr::Contract::Kind::classifier)),
             segmenter = to_json(contract(cxr::Contract::Kind::segmenter));
  write_file(folder(root, "contract") / "classifier", classifier.dump());
  write_file(folder(root, "contract") / "segmenter", segmenter.dump());

  cxr::Configuration configuration;
  configuration.pipeline.segmenter.file = configuration.pipeline.classifier.file = "/model.pt";
  write_file(folder(root, "configuration") / "plain", to_json(configuration).dump());
  configuration.pipeline.classifier.contract = contract(cxr::Contract::Kind::classifier);
  write_file(folder(root, "configuration") / "contract", print_configuration(configuration));

  const std::string sha256 = cxr::sha256_of("");
  const json model{{"name", "n"}, {"version", "1"}, {"sha256", sha256}};
  json run{{"state", "finished"}, {"directory", "/"}, {"settings", {{"force", false}}}};
  run["settings"]["models"] = {{"segmenter", model}, {"classifier", model}};
  run["settings"]["models"]["segmenter"]["contract"] = segmenter;
  run["settings"]["models"]["classifier"]["contract"] = classifier;
  write_file(folder(root, "run_record") / "run.json", run.dump(2));

  const json listed{{"model.pt", {{"sha256", sha256}, {"bytes", 0}}}, {"only_listed", true}};
  write_file(folder(root, "model_manifest") / "manifest.json", listed.dump(2));
}

std::vector<Result> results() {
  Result good;
  good.name = good.file = "a.png";
  good.prediction = kClasses[1];
  good.predicted = 1;
  good.probabilities = {0.1F, 0.8F, 0.1F};
  good.prediction_set = {kClasses[1]};
  good.image_size = {64, 48};
  good.lungs = {{8, 8, 40, 32}, 0.93F};
  good.crop = good.lungs.box;
  good.notes = {"a note"};
  good.uids = {"1.2", "1.3", "1.4"};
  Result unsure = good, skipped, failed;
  unsure.name = "b.png";
  unsure.status = cxr::Status::unsure;
  unsure.lungs = {};
  skipped.name = "c.dcm";
  skipped.fail(cxr::SkippedError("read", "c.dcm", "modality is MR"));
  failed.name = "d.png";
  failed.fail(cxr::Error("read", "d.png", "is damaged"));
  return {good, unsure, skipped, failed};
}

void write_results(const fs::path& root) {
  std::string journal, table = cxr::csv_line(cxr::result_columns(kClasses, true));
  for (const Result& result : results()) {
    auto line = to_json(result, kClasses);
    if (result.judged()) line["pictures"] = {{"heatmaps", "heatmaps/a.png"}};
    journal += cxr::json_line(line);
    table += cxr::csv_line(cxr::result_cells(result, kClasses, true));
  }
  write_file(folder(root, "journal") / "results.jsonl", journal);
  write_file(folder(root, "manifest") / "results.csv", table);
  write_file(
      folder(root, "manifest") / "train.csv",
      "image,mask,label,split,source,patient,age_group,view\r\n"
      "a.png,b.png,Normal,train,x,1,adult,PA\r\n\"b.png\",a.png,Normal,val,x,2,,\"A\"\"P\"\r\n");
  const json pictures{{"image", "a.png"},
                      {"radiograph", "UklGRg=="},
                      {"crop", "UklGRg=="},
                      {"heat", ""},
                      {"outline", "M1 1L2 2L3 1Z"}};
  write_file(folder(root, "thumbnails") / "report-images.jsonl",
             pictures.dump() + "\n" + pictures.dump() + "\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fuzz-seeds DIR\n";
    return 2;
  }
  try {
    write_images(argv[1]);
    write_dicoms(argv[1]);
    write_settings(argv[1]);
    write_results(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << "fuzz-seeds: " << error.what() << '\n';
    return 1;
  }
}
