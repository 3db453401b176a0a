#pragma once

#include <iosfwd>
#include <string>

#include "heed/base/fields.h"

namespace heed {

/// What the program `heed-inspect` is told.
struct InspectOptions {
  std::string model = {}, against = {};
  bool settings = false, tensors = false;
};

template <OptionsOf<InspectOptions> Options, class Visitor>
void visit_fields(Options& o, Visitor&& visit) {
  visit("model", o.model, "model directory, or a checkpoint file");
  visit("against", o.against, "another one: print what differs instead");
  visit("settings", o.settings, "list the settings that it was trained with");
  visit("tensors", o.tensors, "list the tensors, with mean, deviation and range");
}

/// Prints what a checkpoint is: kind, size, network, vocabulary or classes, training and its history; or, with
/// `against`, how two differ: network, settings and weights. Every checksum is compared on the way. Throws
/// Error(usage) and Error(checkpoint).
void inspect_model(const InspectOptions& options, std::ostream& out);

}  // namespace heed
