#include <cxr/configuration.h>
#include <cxr/pipeline.h>

#include <iostream>

int main(int, char** argv) {
  const cxr::Pipeline pipeline(cxr::load_configuration(argv[1]).pipeline);
  for (const cxr::Analysis& analysis : pipeline.process(cxr::find_inputs({argv[2]}), {})) {
    const cxr::Result& result = analysis.result;
    std::cout << result.name << ": " << (result.judged() ? result.prediction : result.error)
              << '\n';
  }
}
