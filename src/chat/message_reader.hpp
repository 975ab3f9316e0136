#pragma once

#include <cloud_backend/chat.hpp>

#include <simdjson.h>

#include <string>

namespace cloud_backend::detail {

// A message and what a chunk adds to one have the same fields; reading either replaces what was
// there, but keeps its storage. `buffer` is work space.

void clear(Message& message);
void clear(Delta& delta);

void read_message(simdjson::dom::object json, Message& message, std::string& buffer);
void read_message(simdjson::dom::object json, Delta& delta, std::string& buffer);

}  // namespace cloud_backend::detail
