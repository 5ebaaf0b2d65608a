using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace HtCondor.Double;

/// <summary>ClassAd expressions, as far as conditions on jobs and priorities need them. A value is a long, a double, a bool, a string or null for undefined.</summary>
public sealed partial class Expression
{
    private readonly List<string> _tokens;
    private readonly Ad _ad;
    private int _at;

    private Expression(string text, Ad ad)
    {
        _tokens = Split(text);
        _ad = ad;
    }

    /// <exception cref="FormatException">It is no expression, or one with more than this knows.</exception>
    public static object? Evaluate(string text, Ad ad)
    {
        Expression expression = new(text, ad);
        object? value = expression.Or();
        return expression._at == expression._tokens.Count ? value : throw new FormatException($"Unexpected '{expression._tokens[expression._at]}' in: {text}");
    }

    public static bool Holds(string text, Ad ad) => Evaluate(text, ad) is true;

    private static List<string> Split(string text)
    {
        List<string> tokens = [];
        int at = 0;
        while (at < text.Length)
        {
            Match match = Token().Match(text, at);
            if (!match.Success || match.Index != at) throw new FormatException($"Not an expression at {at}: {text}");
            if (match.Value.Trim().Length > 0) tokens.Add(match.Value.Trim());
            at += match.Length;
        }

        return tokens;
    }

    private object? Or()
    {
        object? left = And();
        while (Take("||"))
        {
            object? right = And();
            left = left is true || right is true ? true : left is null || right is null ? null : false;
        }

        return left;
    }

    private object? And()
    {
        object? left = Comparison();
        while (Take("&&"))
        {
            object? right = Comparison();
            left = left is false || right is false ? false : left is null || right is null ? null : (object)(left is true && right is true);
        }

        return left;
    }

    private object? Comparison()
    {
        object? left = Sum();
        while (_at < _tokens.Count && _tokens[_at] is "=?=" or "=!=" or "==" or "!=" or "<" or "<=" or ">" or ">=")
        {
            string op = _tokens[_at++];
            object? right = Sum();
            left = op switch
            {
                "=?=" => Same(left, right),
                "=!=" => !Same(left, right),
                _ => left is null || right is null ? null : Compare(op, left, right),
            };
        }

        return left;
    }

    private object? Sum()
    {
        object? left = Product();
        while (_at < _tokens.Count && _tokens[_at] is "+" or "-")
        {
            bool isMinus = _tokens[_at++] == "-";
            object? right = Product();
            left = left is long a && right is long b ? isMinus ? a - b : a + b : null;
        }

        return left;
    }

    private object? Product()
    {
        object? left = Unary();
        while (_at < _tokens.Count && _tokens[_at] is "*" or "/")
        {
            bool isDivision = _tokens[_at++] == "/";
            object? right = Unary();
            left = left is long a && right is long b ? isDivision ? b == 0 ? null : a / b : a * b : null;
        }

        return left;
    }

    private object? Unary()
    {
        if (Take("!")) return Unary() is bool flag ? !flag : null;
        if (Take("-")) return Unary() is long number ? -number : null;
        if (Take("("))
        {
            object? inner = Or();
            return Take(")") ? inner : throw new FormatException("A bracket is not closed.");
        }

        string token = _at < _tokens.Count ? _tokens[_at++] : throw new FormatException("The expression ends too early.");
        if (token[0] == '"') return Unescape(token[1..^1]);
        if (char.IsAsciiDigit(token[0])) return token.Contains('.') ? (object)double.Parse(token, CultureInfo.InvariantCulture) : long.Parse(token, CultureInfo.InvariantCulture);
        if (token.Equals("true", StringComparison.OrdinalIgnoreCase)) return true;
        if (token.Equals("false", StringComparison.OrdinalIgnoreCase)) return false;
        if (token.Equals("undefined", StringComparison.OrdinalIgnoreCase)) return null;
        return char.IsAsciiLetter(token[0]) || token[0] == '_' ? Attribute(token) : throw new FormatException($"Unexpected '{token}'.");
    }

    private object? Attribute(string name)
    {
        if (!_ad.TryGetValue(name, out string? json)) return null;
        if (json is "true") return true;
        if (json is "false") return false;
        if (_ad.Text(name) is { } text) return text;
        return long.TryParse(json, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number
            : double.TryParse(json, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) ? real : null;
    }

    private bool Take(string token)
    {
        if (_at >= _tokens.Count || _tokens[_at] != token) return false;
        _at++;
        return true;
    }

    // Letter by letter.
    private static bool Same(object? a, object? b) => a is null || b is null ? a is null && b is null : a.GetType() == b.GetType() && a.Equals(b);

    // In any case.
    private static object? Compare(string op, object a, object b)
    {
        int? order = (a, b) switch
        {
            (string x, string y) => string.Compare(x, y, StringComparison.OrdinalIgnoreCase),
            (bool x, bool y) => x.CompareTo(y),
            (bool or string, _) or (_, bool or string) => null,
            _ => Convert.ToDouble(a, CultureInfo.InvariantCulture).CompareTo(Convert.ToDouble(b, CultureInfo.InvariantCulture)),
        };
        return order is not { } by ? null : op switch { "==" => by == 0, "!=" => by != 0, "<" => by < 0, "<=" => by <= 0, ">" => by > 0, _ => by >= 0 };
    }

    private static string Unescape(string text)
    {
        StringBuilder plain = new();
        for (int i = 0; i < text.Length; i++) plain.Append(text[i] == '\\' && i + 1 < text.Length ? text[++i] : text[i]);
        return plain.ToString();
    }

    [GeneratedRegex("""\s+|"(?:[^"\\]|\\.)*"|=\?=|=!=|\|\||&&|[<>=!]=|[<>!()+*/-]|[0-9]+(?:\.[0-9]+)?|[A-Za-z_][A-Za-z0-9_.]*""")]
    private static partial Regex Token();
}
