#pragma once

#include <string_view>

namespace cloud_batch {

/// One line on standard error, over a bar that may stand there.
void complain(std::string_view text);
/// The bar: the next text on standard error replaces it at a terminal.
void show_bar(std::string_view text);

[[nodiscard]] bool errors_go_to_terminal();

}  // namespace cloud_batch
