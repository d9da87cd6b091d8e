#include "model_copy.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/atomic_file.h"
#include "base/json_text.h"
#include "cxr/error.h"

namespace cxr {
namespace {

constexpr const char* kContractEntry = "contract.json";

torch::jit::Module load_with(const std::filesystem::path& file, torch::jit::ExtraFilesMap& extra) {
  try {
    return torch::jit::load(file.string(), torch::kCPU, extra);
  } catch (const c10::Error& error) {
    throw Error("model", file.string(),
                std::string("is not a model (") + error.what_without_backtrace() + ")");
  }
}

}  // namespace

torch::jit::Module load_stored(const std::filesystem::path& file) {
  torch::jit::ExtraFilesMap none;
  return load_with(file, none);
}

TrainedModel load_trained(const std::filesystem::path& file) {
  torch::jit::ExtraFilesMap extra{{kContractEntry, ""}};
  torch::jit::Module network = load_with(file, extra);
  network.to(torch::kFloat);
  network.eval();
  return {network, parse_contract(parse_json(extra.at(kContractEntry)), file.string())};
}

void save_stored(const torch::jit::Module& model, const Contract& contract,
                 const std::filesystem::path& file) {
  std::ostringstream bytes;
  model.save(bytes, {{kContractEntry, to_json(contract).dump(2)}});
  AtomicFile whole(file);
  whole.write(bytes.view());
  whole.finish();
}

}  // namespace cxr
