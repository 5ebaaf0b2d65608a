using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace HtCondor.Double;

/// <summary>A submit file as condor_submit reads it: lines, continuations, macros, quoting. Whatever is more than plain commands and one queue is refused.</summary>
public sealed partial class SubmitFile
{
    // With these a line is a condition; with ':' instead of '=' some others do something, and are no commands here.
    private static readonly string[] Words = ["if", "elif", "else", "endif"];
    private readonly Dictionary<string, string> _commands = new(StringComparer.OrdinalIgnoreCase);

    private SubmitFile()
    {
    }

    /// <summary>Commands in their order, values as written.</summary>
    public List<KeyValuePair<string, string>> Commands { get; } = [];

    /// <summary>Names of all macros that were replaced.</summary>
    public HashSet<string> Macros { get; } = new(StringComparer.OrdinalIgnoreCase);

    public int Count { get; private set; }

    /// <exception cref="FormatException">The file has more than this knows, or nothing to queue.</exception>
    public static SubmitFile Parse(string text)
    {
        SubmitFile file = new();
        foreach (string line in Lines(text)) file.Take(line);
        return file.Count > 0 ? file : throw new FormatException("no queue command");
    }

    /// <summary>A command of one job, macros replaced; null where the file has it not.</summary>
    public string? Value(string command, int cluster, int proc) => _commands.TryGetValue(command, out string? value) ? Expand(value, cluster, proc) : null;

    public List<string> Arguments(int cluster, int proc) => Tokens(Unquote(Value("arguments", cluster, proc) ?? "\"\""));

    public Dictionary<string, string> Environment(int cluster, int proc) =>
        Tokens(Unquote(Value("environment", cluster, proc) ?? "\"\"")).Select(t => t.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);

    /// <summary>Text in double quotes, within which a doubled one stands for one.</summary>
    public static string Unquote(string value)
    {
        if (!value.StartsWith('"')) throw new FormatException($"not in the new syntax: {value}");
        StringBuilder text = new();
        int i = 1;
        for (; i < value.Length; i++)
        {
            if (value[i] != '"') text.Append(value[i]);
            else if (i + 1 < value.Length && value[i + 1] == '"') text.Append(value[i++]);
            else break;
        }

        return i == value.Length - 1 ? text.ToString() : throw new FormatException($"unexpected characters following double-quote: {value}");
    }

    /// <summary>Words at blanks; within single quotes a doubled one stands for one.</summary>
    public static List<string> Tokens(string text)
    {
        List<string> tokens = [];
        StringBuilder token = new();
        bool isToken = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is ' ' or '\t' or '\n' or '\r')
            {
                if (isToken) tokens.Add(token.ToString());
                (isToken, _) = (false, token.Clear());
                continue;
            }

            isToken = true;
            if (text[i] != '\'')
            {
                token.Append(text[i]);
                continue;
            }

            for (i++; ; i++)
            {
                if (i >= text.Length) throw new FormatException($"unbalanced quote: {text}");
                if (text[i] != '\'') token.Append(text[i]);
                else if (i + 1 < text.Length && text[i + 1] == '\'') token.Append(text[i++]);
                else break;
            }
        }

        if (isToken) tokens.Add(token.ToString());
        return tokens;
    }

    private static IEnumerable<string> Lines(string text)
    {
        StringBuilder whole = new();
        foreach (string physical in text.Split('\n'))
        {
            // Only these are blank to C, so no other may be trimmed.
            string line = physical.Trim(' ', '\t', '\n', '\r', '\v', '\f');
            bool isComment = line.StartsWith('#') && whole.Length == 0;
            if (line.EndsWith('\\') && !isComment)
            {
                whole.Append(line, 0, line.Length - 1);
                continue;
            }

            whole.Append(line);
            if (whole.Length > 0 && !isComment) yield return whole.ToString();
            whole.Clear();
        }

        if (whole.Length > 0) yield return whole.ToString();
    }

    private void Take(string line)
    {
        Match match = CommandForm().Match(line);
        string word = line.Split([' ', '\t', '=', ':'], 2)[0];
        if (Words.Contains(word, StringComparer.OrdinalIgnoreCase)) throw new FormatException($"a line that does something: {line}");
        if (word.Equals("queue", StringComparison.OrdinalIgnoreCase))
        {
            if (Count > 0) throw new FormatException("a second queue command");
            string number = line["queue".Length..].Trim();
            Count = number.Length == 0 ? 1 : int.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture);
            return;
        }

        if (!match.Success) throw new FormatException($"no command: {line}");
        if (Count > 0) throw new FormatException($"a command after queue: {line}");
        if (!_commands.TryAdd(match.Groups[1].Value, match.Groups[2].Value)) throw new FormatException($"a command that was given before: {line}");
        Commands.Add(new(match.Groups[1].Value, match.Groups[2].Value));
    }

    private string Expand(string value, int cluster, int proc)
    {
        for (int replaced = 0; Macro().Matches(value).FirstOrDefault(m => m.Groups[2].Value != "DOLLAR" || m.Groups[1].Length > 0) is { } match; replaced++)
        {
            if (replaced > 1000) throw new FormatException($"macros without end: {value}");
            string name = match.Groups[1].Value + match.Groups[2].Value;
            Macros.Add(name);
            string by = name.ToUpperInvariant() switch
            {
                "CLUSTERID" or "CLUSTER" => cluster.ToString(CultureInfo.InvariantCulture),
                "PROCID" or "PROCESS" => proc.ToString(CultureInfo.InvariantCulture),
                _ when match.Groups[1].Length > 0 => throw new FormatException($"a function: {match.Value}"),
                _ => _commands.GetValueOrDefault(name, ""),
            };
            value = value[..match.Index] + by + value[(match.Index + match.Length)..];
        }

        value = value.Replace("$(DOLLAR)", "$", StringComparison.Ordinal);
        if (value.Contains("$$(", StringComparison.Ordinal)) Macros.Add("$$");
        return value;
    }

    [GeneratedRegex(@"^([+A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)\z", RegexOptions.Singleline)]
    private static partial Regex CommandForm();

    // Functions such as $ENV(x) and $INT(x) included; two dollars belong to the match, not to the submission.
    [GeneratedRegex(@"(?<!\$)\$([A-Za-z_]*)\(([^)]*)\)")]
    private static partial Regex Macro();
}
