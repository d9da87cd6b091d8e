#include "checkpoint.h"

#include "cxr/error.h"
#include "cxr/whole_file.h"

namespace cxr {
namespace {

constexpr const char* kStage = "checkpoint";

template <typename Visit>
void for_each_tensor(const torch::jit::Module& network, const Visit& visit) {
  for (const auto& parameter : network.named_parameters()) visit(parameter.name, parameter.value);
  for (const auto& buffer : network.named_buffers()) visit(buffer.name, buffer.value);
}

}  // namespace

void save_checkpoint(const std::filesystem::path& file, const Progress& progress,
                     const torch::jit::Module& network, const torch::optim::Optimizer& optimizer) {
  WholeFile whole(file);
  try {
    torch::serialize::OutputArchive weights;
    for_each_tensor(network, [&](const std::string& name, const torch::Tensor& tensor) {
      weights.write(name, tensor.detach());
    });
    torch::serialize::OutputArchive state;
    optimizer.save(state);
    torch::serialize::OutputArchive archive;
    archive.write("options", c10::IValue(progress.options));
    archive.write("epochs_done", c10::IValue(progress.epochs_done));
    archive.write("best_metric", c10::IValue(progress.best_metric));
    archive.write("weights", weights);
    archive.write("optimizer", state);
    archive.save_to(whole.unfinished().string());
  } catch (const c10::Error& error) {
    throw Error("write", file.string(), error.what_without_backtrace());
  }
  whole.finish();
}

Progress load_checkpoint(const std::filesystem::path& file, const std::string& options,
                         torch::jit::Module& network, torch::optim::Optimizer& optimizer) {
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(file.string());
    c10::IValue value;
    Progress progress;
    archive.read("options", value);
    progress.options = value.toStringRef();
    if (progress.options != options) {
      throw UsageError(kStage, file.string(),
                       "was made with other options (" + progress.options + ", now " + options +
                           "); resume with the same, or remove it to start anew");
    }
    archive.read("epochs_done", value);
    progress.epochs_done = static_cast<int>(value.toInt());
    archive.read("best_metric", value);
    progress.best_metric = value.toDouble();

    torch::serialize::InputArchive weights;
    archive.read("weights", weights);
    const torch::NoGradGuard no_grad;
    for_each_tensor(network, [&](const std::string& name, torch::Tensor tensor) {
      torch::Tensor stored;
      weights.read(name, stored);
      tensor.copy_(stored);
    });
    torch::serialize::InputArchive state;
    archive.read("optimizer", state);
    optimizer.load(state);
    return progress;
  } catch (const c10::Error& error) {
    throw Error(kStage, file.string(),
                std::string("is damaged; remove it to start anew (") +
                    error.what_without_backtrace() + ")");
  }
}

}  // namespace cxr
