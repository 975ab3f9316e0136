#pragma once

#include <cloud_backend/chat.hpp>
#include <cloud_backend/chat_accumulator.hpp>
#include <cloud_backend/chat_backend.hpp>
#include <cloud_backend/circuit_breaker.hpp>
#include <cloud_backend/client.hpp>
#include <cloud_backend/endpoint_health.hpp>
#include <cloud_backend/error.hpp>
#include <cloud_backend/openai.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/raw_json.hpp>
#include <cloud_backend/response_reader.hpp>
#include <cloud_backend/sse_parser.hpp>
#include <cloud_backend/transport.hpp>
#include <cloud_backend/version.hpp>
