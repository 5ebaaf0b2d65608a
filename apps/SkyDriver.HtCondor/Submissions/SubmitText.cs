using System.Text;

namespace SkyDriver.HtCondor.Submissions;

/// <summary>Texts in the forms that submit files and job ads take, so that no text can become more than a value.</summary>
internal static class SubmitText
{
    /// <summary>Why a text cannot stand in a submit file even when quoted; null when it can.</summary>
    public static string? FaultOf(string text) =>
        text.Any(char.IsControl) ? "has a control character, such as the end of a line"
        // A single dollar can be written so that it stays one. Two would be a macro of the machine that the job goes to.
        : text.Contains("$$", StringComparison.Ordinal) ? "has '$$', which HTCondor replaces when the job is matched"
        : text.Any(char.IsSurrogate) && !IsWellFormed(text) ? "has half a character" : null;

    /// <summary>Arguments in HTCondor's new syntax, double quotes included.</summary>
    public static string Arguments(IEnumerable<string> arguments) => $"\"{string.Join(' ', arguments.Select(Token))}\"";

    /// <summary>Variables in HTCondor's new syntax, double quotes included.</summary>
    /// <param name="macros">Variables whose values are written as they stand, with macros: the launcher's own.</param>
    public static string Environment(IEnumerable<KeyValuePair<string, string>> variables, params IEnumerable<KeyValuePair<string, string>> macros) =>
        $"\"{string.Join(' ', [.. variables.Select(v => Token($"{v.Key}={v.Value}")), .. macros.Select(m => $"{m.Key}={m.Value}")])}\"";

    /// <summary>A text as a name of letters, digits and <c>. _ : @ / + - %</c>: all else becomes <c>%XX</c>, byte by byte. It needs no quoting anywhere.</summary>
    public static string Encode(string text)
    {
        StringBuilder name = new();
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || "._:@/+-".Contains((char)b)) name.Append((char)b);
            else name.Append('%').Append(b.ToString("X2"));
        }

        return name.ToString();
    }

    /// <summary>The text that <see cref="Encode"/> was given; what is no such name is taken as it is.</summary>
    public static string Decode(string name) => Uri.UnescapeDataString(name);

    private static string Token(string text)
    {
        string token = text.Length > 0 && text.All(IsPlain) ? text : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
        return token.Replace("\"", "\"\"", StringComparison.Ordinal).Replace("$", "$(DOLLAR)", StringComparison.Ordinal);
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || "._:@/+-=,%".Contains(c);

    private static bool IsWellFormed(string text)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(text) > 0;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
