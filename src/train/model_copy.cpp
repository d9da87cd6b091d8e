#include "model_copy.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/atomic_file.h"
#include "cxr/error.h"

namespace cxr {

torch::jit::Module load_stored(const std::filesystem::path& file) {
  try {
    return torch::jit::load(file.string(), torch::kCPU);
  } catch (const c10::Error& error) {
    throw Error("model", file.string(),
                std::string("is not a model (") + error.what_without_backtrace() + ")");
  }
}

void save_stored(const torch::jit::Module& model, const Contract& contract,
                 const std::filesystem::path& file) {
  std::ostringstream bytes;
  model.save(bytes, {{"contract.json", to_json(contract).dump(2)}});
  AtomicFile whole(file);
  whole.write(bytes.view());
  whole.finish();
}

}  // namespace cxr
