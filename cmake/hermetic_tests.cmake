# Tests reach nothing but the loopback interface: no key that could be billed, no proxy.
set(hermetic_unset
    OPENAI_API_KEY OPENAI_BASE_URL OPENAI_ORG_ID OPENAI_PROJECT_ID
    ANTHROPIC_API_KEY ANTHROPIC_BASE_URL AZURE_OPENAI_API_KEY AZURE_OPENAI_ENDPOINT
    OPENROUTER_API_KEY GROQ_API_KEY DEEPSEEK_API_KEY MISTRAL_API_KEY TOGETHER_API_KEY
    GEMINI_API_KEY
    http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY)
list(TRANSFORM hermetic_unset APPEND "=unset:" OUTPUT_VARIABLE hermetic_environment_modification)
list(TRANSFORM hermetic_unset PREPEND "--unset=" OUTPUT_VARIABLE hermetic_env_arguments)
