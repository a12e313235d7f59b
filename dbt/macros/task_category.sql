{#-
What a prompt asks for, guessed from its words: the first rule that matches wins, so the specific
come before the general. A heuristic for charts, never a truth about a person's work.
-#}
{% macro task_category(text) -%}
    {%- set rules = [
        ("command", "^(?:<command-|/[a-z])"),
        ("debugging", "\\b(?:fix|bug|error|fails?|failing|failed|crash\\w*|debug|broken|wrong|exception|traceback)\\b"),
        ("testing", "\\b(?:tests?|testing|coverage|pytest|jest|e2e)\\b"),
        ("refactoring", "\\b(?:refactor\\w*|rename|clean ?up|simplify|restructure|extract|move)\\b"),
        ("documentation", "\\b(?:docs?|document\\w*|readme|changelog|comments?|release notes)\\b"),
        ("review", "\\b(?:review|audit|check|look over|feedback)\\b"),
        ("operations", "\\b(?:deploy\\w*|release|docker|ci|pipeline|commit|merge|rebase|push|install|upgrade|terraform|logs?)\\b"),
        ("feature", "\\b(?:add|implement|create|build|write|make|support|introduce|extend)\\b"),
        ("question", "(?:\\?|^(?:what|why|how|where|when|which|who|can|could|does|is|are|explain|show|find|tell)\\b)"),
    ] -%}
    case
        {%- for category, pattern in rules %}
        when {{ matches("lower(" ~ text ~ ")", "'" ~ pattern ~ "'") }} then '{{ category }}'
        {%- endfor %}
        else 'other'
    end
{%- endmacro %}
