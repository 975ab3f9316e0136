#include <cloud_backend/chat_stream.hpp>

namespace cloud_backend {

ChatStream::Source::~Source() = default;

ChatStream::Iterator ChatStream::begin() {
    if (chunk_ == nullptr) advance();
    return Iterator(*this);
}

const ChatCompletion& ChatStream::completion() {
    while (!completion_) advance();
    return *completion_;
}

void ChatStream::advance() {
    if (thrown_) std::rethrow_exception(thrown_);
    if (completion_) return;
    try {
        chunk_ = nullptr;
        chunk_ = source_->next();
        if (chunk_ == nullptr) completion_ = source_->take();
    } catch (...) {
        thrown_ = std::current_exception();
        throw;
    }
}

}  // namespace cloud_backend
