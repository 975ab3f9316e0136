# Completion of cloud-chat for bash.

_cloud_chat() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local services='openai openrouter groq deepseek mistral together gemini ollama vllm llama.cpp lmstudio'
    local options='-m --model -s --system --no-stream --json --stats --base-url --service --fallback
        --embedded --allow-insecure-http --timeout --retries -v --verbose -h --help --version'
    COMPREPLY=()
    case $before in
        --service | --fallback) mapfile -t COMPREPLY < <(compgen -W "$services" -- "$word") ;;
        -m | --model | -s | --system | --base-url | --timeout | --retries) ;;
        *)
            if [[ $word == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
            fi
            ;;
    esac
}

complete -F _cloud_chat cloud-chat
