{#- Why a call failed, by the start of its result: the first rule that matches wins. -#}
{% macro error_class(text) -%}
    {%- set rules = [
        ("rejected by the user", "the user doesn.t want to (?:proceed|take this action)|user rejected|request interrupted"),
        ("blocked by a hook", "hook (?:blocked|denied|error)|blocked by .*hook|pretooluse"),
        ("permission", "permission|not allowed|denied|haven.t granted|eacces|operation not permitted"),
        ("timeout", "timed? ?out|timeout|etimedout"),
        ("file not read", "has not been read yet|file has been (?:modified|unexpectedly modified)|read it (?:first|again)"),
        ("text not found", "string to replace not found|no match(?:es)? found|not found in file|found \\d+ matches"),
        ("file not found", "no such file|does not exist|file not found|enoent|eisdir"),
        ("unknown tool", "no such tool|unknown tool|tool .* not (?:found|available)"),
        ("invalid input", "inputvalidationerror|invalid|validation|required parameter|unexpected parameter"),
        ("network", "econnrefused|enotfound|connection|network|http \\d{3}|status code [45]|fetch failed|socket"),
        ("too large", "exceeds maximum|too large|maximum allowed"),
        ("exit code", "^\\s*(?:error: )?exit code \\d+|command failed"),
    ] -%}
    case
        {%- for class, pattern in rules %}
        when {{ matches("lower(" ~ text ~ ")", "'" ~ pattern ~ "'") }} then '{{ class }}'
        {%- endfor %}
        else 'other'
    end
{%- endmacro %}
