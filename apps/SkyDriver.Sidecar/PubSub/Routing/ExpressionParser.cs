using System.Globalization;
using System.Text;

namespace SkyDriver.Sidecar.PubSub.Routing;

/// <summary>Recursive descent over the grammar of <see cref="EventExpression"/>: or, and, comparison, not, member.</summary>
internal sealed class ExpressionParser(string text)
{
    private const int DeepestNesting = 64;
    private static readonly string[] Comparisons = ["==", "!=", "<=", ">=", "<", ">"];

    private int _at;
    private int _depth;

    public EventExpression.Node Parse()
    {
        EventExpression.Node root = Or();
        SkipSpace();
        return _at == text.Length ? root : throw Fault("an operator or the end");
    }

    private EventExpression.Node Or()
    {
        if (++_depth > DeepestNesting) throw Fault("fewer nested parentheses");
        EventExpression.Node left = And();
        while (TryTake("||"))
        {
            EventExpression.Node first = left, second = And();
            left = e => first(e) is true || second(e) is true;
        }

        _depth--;
        return left;
    }

    private EventExpression.Node And()
    {
        EventExpression.Node left = Comparison();
        while (TryTake("&&"))
        {
            EventExpression.Node first = left, second = Comparison();
            left = e => first(e) is true && second(e) is true;
        }

        return left;
    }

    private EventExpression.Node Comparison()
    {
        EventExpression.Node left = Not();
        string? op = Array.Find(Comparisons, TryTake) ?? (TryTakeWord("in") ? "in" : null);
        if (op is null) return left;
        EventExpression.Node right = Not();
        return e => EventExpression.Compare(op, left(e), right(e));
    }

    private EventExpression.Node Not()
    {
        if (!TryTake("!")) return Member();
        if (++_depth > DeepestNesting) throw Fault("fewer negations");
        EventExpression.Node inner = Not();
        _depth--;
        return e => inner(e) is bool value ? !value : EventExpression.Missing;
    }

    private EventExpression.Node Member()
    {
        EventExpression.Node target = Primary();
        while (true)
        {
            EventExpression.Node inner = target;
            if (TryTake("."))
            {
                string name = Word() ?? throw Fault("a field's name");
                if (TryTake("("))
                {
                    EventExpression.Node? argument = TryTake(")") ? null : Argument();
                    target = e => EventExpression.Call(name, inner(e), argument?.Invoke(e));
                }
                else
                {
                    target = e => EventExpression.Member(inner(e), name);
                }
            }
            else if (TryTake("["))
            {
                EventExpression.Node key = Or();
                Take("]");
                target = e => EventExpression.Member(inner(e), key(e));
            }
            else
            {
                return target;
            }
        }
    }

    private EventExpression.Node Primary()
    {
        SkipSpace();
        if (_at == text.Length) throw Fault("a value");
        char next = text[_at];
        if (TryTake("(")) return Argument();
        if (TryTake("[")) return ListLiteral();
        if (next is '"' or '\'') return Constant(Text(next));
        if (char.IsAsciiDigit(next) || next is '-') return Constant(Number());
        string word = Word() ?? throw Fault("a value");
        switch (word)
        {
            case "true": return Constant(true);
            case "false": return Constant(false);
            case "null": return Constant(null);
            case "event": return static e => EventExpression.Value(e);
            case "has" when TryTake("("):
                EventExpression.Node field = Argument();
                return e => field(e) != EventExpression.Missing;
            case "size" when TryTake("("):
                EventExpression.Node measured = Argument();
                return e => EventExpression.Call("size", measured(e), null);
            default:
                _at -= word.Length;
                throw Fault("event, a literal, has(…) or size(…)");
        }
    }

    private EventExpression.Node Argument()
    {
        EventExpression.Node inner = Or();
        Take(")");
        return inner;
    }

    private EventExpression.Node ListLiteral()
    {
        List<EventExpression.Node> items = [];
        while (!TryTake("]"))
        {
            if (items.Count > 0) Take(",");
            items.Add(Or());
        }

        return e => items.ConvertAll(item => item(e));
    }

    private string Text(char quote)
    {
        StringBuilder value = new();
        for (_at++; _at < text.Length && text[_at] != quote; _at++)
        {
            if (text[_at] is '\\' && _at + 1 < text.Length) _at++;
            value.Append(text[_at]);
        }

        if (_at == text.Length) throw Fault("the closing quote");
        _at++;
        return value.ToString();
    }

    private double Number()
    {
        int start = _at++;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '.')) _at++;
        if (double.TryParse(text.AsSpan(start, _at - start), NumberStyles.Float, CultureInfo.InvariantCulture, out double value)) return value;
        _at = start;
        throw Fault("a number");
    }

    private string? Word()
    {
        SkipSpace();
        int start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '_') && !(_at == start && char.IsAsciiDigit(text[_at]))) _at++;
        return _at > start ? text[start.._at] : null;
    }

    private bool TryTakeWord(string word)
    {
        int before = _at;
        if (Word() == word) return true;
        _at = before;
        return false;
    }

    private bool TryTake(string token)
    {
        SkipSpace();
        if (string.CompareOrdinal(text, _at, token, 0, token.Length) != 0) return false;
        // "!" must not take the first half of "!=".
        if (token is "!" && _at + 1 < text.Length && text[_at + 1] is '=') return false;
        _at += token.Length;
        return true;
    }

    private void Take(string token)
    {
        if (!TryTake(token)) throw Fault($"'{token}'");
    }

    private void SkipSpace()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
    }

    private FormatException Fault(string expected) => new($"the expression '{text}' needs {expected} at character {_at + 1}");

    private static EventExpression.Node Constant(object? value) => _ => value;
}
