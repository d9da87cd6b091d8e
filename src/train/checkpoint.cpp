#include "checkpoint.h"

#include <sstream>

#include "base/atomic_file.h"
#include "cxr/error.h"

namespace cxr {
namespace {

constexpr const char* kCheckpointStage = "checkpoint";

}  // namespace

void save_checkpoint(const std::filesystem::path& file, const TrainingState& state,
                     const Tensors& tensors, const torch::optim::Optimizer& optimizer) {
  torch::serialize::OutputArchive weights;
  for (const auto& [name, tensor] : tensors) weights.write(name, tensor.detach());
  torch::serialize::OutputArchive moments;
  optimizer.save(moments);
  torch::serialize::OutputArchive archive;
  archive.write("options", c10::IValue(state.options));
  archive.write("epochs_done", c10::IValue(state.epochs_done));
  archive.write("best_metric", c10::IValue(state.best_metric));
  archive.write("best_epoch", c10::IValue(state.best_epoch));
  archive.write("weights", weights);
  archive.write("optimizer", moments);
  // Through memory: on a full disk, LibTorch's own file writer aborts the program.
  std::ostringstream bytes;
  archive.save_to(bytes);
  AtomicFile whole(file);
  whole.write(bytes.view());
  whole.finish();
}

TrainingState load_checkpoint(const std::filesystem::path& file, const std::string& options,
                              Tensors& tensors, torch::optim::Optimizer& optimizer) {
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(file.string());
    c10::IValue value;
    TrainingState state;
    archive.read("options", value);
    state.options = value.toStringRef();
    if (state.options != options) {
      throw UsageError(kCheckpointStage, file.string(),
                       "was made with other options (" + state.options + ", now " + options +
                           "); resume with the same, or remove it to start again");
    }
    archive.read("epochs_done", value);
    state.epochs_done = static_cast<int>(value.toInt());
    archive.read("best_metric", value);
    state.best_metric = value.toDouble();
    archive.read("best_epoch", value);
    state.best_epoch = static_cast<int>(value.toInt());

    torch::serialize::InputArchive weights;
    archive.read("weights", weights);
    const torch::NoGradGuard no_grad;
    for (auto& [name, tensor] : tensors) {
      torch::Tensor stored;
      weights.read(name, stored);
      tensor.copy_(stored);
    }
    torch::serialize::InputArchive moments;
    archive.read("optimizer", moments);
    optimizer.load(moments);
    return state;
  } catch (const c10::Error& error) {
    throw Error(kCheckpointStage, file.string(),
                std::string("is damaged; remove it to start again (") +
                    error.what_without_backtrace() + ")");
  }
}

}  // namespace cxr
