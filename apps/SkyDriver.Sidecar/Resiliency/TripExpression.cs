using System.Globalization;

namespace SkyDriver.Sidecar.Resiliency;

/// <summary>When a circuit breaker opens: the part of CEL that fits five counts, such as <c>consecutiveFailures >= 5</c> or
/// <c>requests > 10 &amp;&amp; totalFailures * 100 / requests >= 60</c>.</summary>
internal sealed class TripExpression
{
    private readonly Func<BreakerCounts, double> _value;

    private TripExpression(string text, Func<BreakerCounts, double> value) => (Text, _value) = (text, value);

    /// <summary>More than five failures in a row.</summary>
    public static TripExpression Default { get; } = Parse("consecutiveFailures > 5");

    public string Text { get; }

    /// <exception cref="FormatException">It is no such expression; the message says where.</exception>
    public static TripExpression Parse(string text) => new(text, new Parser(text).Parse());

    /// <summary>A division by zero counts as no.</summary>
    public bool Evaluate(BreakerCounts counts) => _value(counts) is not (0 or double.NaN);

    /// <summary>A value that is a number, whole or not, or a yes or no (1 or 0).</summary>
    private readonly record struct Node(Kind Kind, Func<BreakerCounts, double> Value);

    private enum Kind
    {
        Whole,
        Real,
        Logical,
    }

    private sealed class Parser(string text)
    {
        private const int MaxDepth = 64;
        private static readonly string[][] Levels = [["||"], ["&&"], ["==", "!=", "<=", ">=", "<", ">"], ["+", "-"], ["*", "/", "%"]];

        private int _at;
        private int _depth;

        public Func<BreakerCounts, double> Parse()
        {
            Node all = Level(0);
            if (_at < text.Length) throw Fault("something follows that does not belong to it");
            return all.Kind is Kind.Logical ? all.Value : throw Fault("it is a number, but must be true or false");
        }

        private Node Level(int level)
        {
            if (level == Levels.Length) return Unary();
            Node left = Level(level + 1);
            while (Array.Find(Levels[level], Take) is { } operation) left = Combine(operation, left, Level(level + 1));
            return left;
        }

        private Node Unary()
        {
            if (++_depth > MaxDepth) throw Fault("it is nested too deeply");
            Node node = Take("!") ? Negate(Unary(), Kind.Logical, static v => v == 0 ? 1 : 0)
                : Take("-") ? Negate(Unary(), Kind.Whole, static v => -v)
                : Take("(") ? Closed(Level(0))
                : Primary();
            _depth--;
            return node;
        }

        private Node Negate(Node node, Kind kind, Func<double, double> change)
        {
            if ((kind is Kind.Logical) != (node.Kind is Kind.Logical)) throw Fault("the operator does not fit what follows it");
            return node with { Value = counts => change(node.Value(counts)) };
        }

        private Node Closed(Node inner) => Take(")") ? inner : throw Fault("')' is missing");

        private Node Primary()
        {
            int start = _at;
            while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '.' or '_')) _at++;
            string word = text[start.._at];
            SkipSpace();
            if (word.Length > 0 && char.IsAsciiDigit(word[0]))
            {
                if (!double.TryParse(word, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)) throw Fault($"'{word}' is no number");
                return new(word.Contains('.', StringComparison.Ordinal) ? Kind.Real : Kind.Whole, _ => number);
            }

            return word switch
            {
                "requests" => new(Kind.Whole, static c => c.Requests),
                "totalSuccesses" => new(Kind.Whole, static c => c.TotalSuccesses),
                "totalFailures" => new(Kind.Whole, static c => c.TotalFailures),
                "consecutiveSuccesses" => new(Kind.Whole, static c => c.ConsecutiveSuccesses),
                "consecutiveFailures" => new(Kind.Whole, static c => c.ConsecutiveFailures),
                "true" => new(Kind.Logical, static _ => 1),
                "false" => new(Kind.Logical, static _ => 0),
                _ => throw Fault($"'{word}' is not known; there are requests, totalSuccesses, totalFailures, consecutiveSuccesses and consecutiveFailures"),
            };
        }

        private Node Combine(string operation, Node left, Node right)
        {
            bool logical = operation is "||" or "&&";
            if (operation is not ("==" or "!=") && (logical != left.Kind is Kind.Logical || logical != right.Kind is Kind.Logical)
                || left.Kind is Kind.Logical != right.Kind is Kind.Logical)
            {
                throw Fault($"'{operation}' does not fit both of its sides");
            }

            (Func<BreakerCounts, double> a, Func<BreakerCounts, double> b) = (left.Value, right.Value);
            bool whole = left.Kind is Kind.Whole && right.Kind is Kind.Whole;
            return operation switch
            {
                "||" => new(Kind.Logical, c => a(c) != 0 || b(c) != 0 ? 1 : 0),
                "&&" => new(Kind.Logical, c => a(c) != 0 && b(c) != 0 ? 1 : 0),
                "==" => new(Kind.Logical, c => a(c) == b(c) ? 1 : 0),
                "!=" => new(Kind.Logical, c => a(c) != b(c) ? 1 : 0),
                "<=" => new(Kind.Logical, c => a(c) <= b(c) ? 1 : 0),
                ">=" => new(Kind.Logical, c => a(c) >= b(c) ? 1 : 0),
                "<" => new(Kind.Logical, c => a(c) < b(c) ? 1 : 0),
                ">" => new(Kind.Logical, c => a(c) > b(c) ? 1 : 0),
                "+" => new(Of(whole), c => a(c) + b(c)),
                "-" => new(Of(whole), c => a(c) - b(c)),
                "*" => new(Of(whole), c => a(c) * b(c)),
                "/" => new(Of(whole), c => b(c) == 0 ? double.NaN : whole ? Math.Truncate(a(c) / b(c)) : a(c) / b(c)),
                _ => new(Of(whole), c => a(c) % b(c)),
            };
        }

        private static Kind Of(bool whole) => whole ? Kind.Whole : Kind.Real;

        private bool Take(string token)
        {
            SkipSpace();
            if (!text.AsSpan(_at).StartsWith(token, StringComparison.Ordinal)) return false;
            _at += token.Length;
            SkipSpace();
            return true;
        }

        private void SkipSpace()
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
        }

        private FormatException Fault(string what) => new($"at character {_at + 1}: {what}");
    }
}
