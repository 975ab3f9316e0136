#pragma once

// What is asked, and what is answered.
#include <cloud_backend/chat_completion.hpp>
#include <cloud_backend/chat_request.hpp>
