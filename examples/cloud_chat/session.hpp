#pragma once

#include "conversation.hpp"
#include "interrupts.hpp"

namespace cloud_chat {

/// Holds the conversation with whoever sits at the terminal, until they leave.
void run_session(Conversation& conversation, Interrupts& interrupts);

}  // namespace cloud_chat
