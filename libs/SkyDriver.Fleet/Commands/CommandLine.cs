using System.Text;

namespace SkyDriver.Fleet;

/// <summary>Splits a command into arguments by the rules of the POSIX shell's lexer, without expanding anything, and quotes arguments for it.</summary>
public static class CommandLine
{
    /// <summary>What is wrong with a command, or null.</summary>
    public static string? WhyNot(string command)
    {
        if (command.Contains('\0')) return "it contains a NUL character; remove it";
        return TrySplit(command, out _) ? null : "a quote is not closed or a backslash ends it";
    }

    /// <summary>Blanks separate; single quotes keep everything; in double quotes a backslash keeps <c>\ " $ `</c> and a line's end.</summary>
    /// <returns>False when a quote is not closed, or a backslash is the last character.</returns>
    public static bool TrySplit(string command, out IReadOnlyList<string> arguments)
    {
        List<string> found = [];
        arguments = found;
        StringBuilder word = new();
        bool inWord = false;
        for (int i = 0; i < command.Length; i++)
        {
            char c = command[i];
            if (c is ' ' or '\t' or '\n' or '\r')
            {
                if (inWord) found.Add(word.ToString());
                word.Clear();
                inWord = false;
                continue;
            }

            inWord = true;
            if (c is '\\')
            {
                if (++i == command.Length) return false;
                if (command[i] != '\n') word.Append(command[i]);
            }
            else if (c is '\'')
            {
                int end = command.IndexOf('\'', i + 1);
                if (end < 0) return false;
                word.Append(command, i + 1, end - i - 1);
                i = end;
            }
            else if (c is '"')
            {
                if (!TryReadQuoted(command, ref i, word)) return false;
            }
            else word.Append(c);
        }

        if (inWord) found.Add(word.ToString());
        return true;
    }

    /// <summary>One argument, so that a POSIX shell reads it as it is.</summary>
    public static string Quote(string argument) =>
        argument.Length > 0 && argument.All(IsPlain) ? argument : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>The older form of a command for a shell: <c>sh -c '…'</c>.</summary>
    /// <param name="escaped">A quote in the script had to be escaped; worth a warning, as older servers garbled such.</param>
    public static string ForShell(string script, string shell, out bool escaped)
    {
        escaped = script.Contains('\'');
        return $"{shell} -c '{script.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    /// <summary>The argument vector of a task: split, or the shell with the whole script as one argument.</summary>
    /// <exception cref="FormatException">A quote is not closed.</exception>
    public static IReadOnlyList<string> Arguments(string command, string? shell)
    {
        if (shell is not null) return [shell, "-c", command];
        return TrySplit(command, out IReadOnlyList<string> arguments) ? arguments : throw new FormatException($"The command cannot be split: {WhyNot(command)}.");
    }

    private static bool TryReadQuoted(string command, ref int i, StringBuilder word)
    {
        for (i++; i < command.Length; i++)
        {
            char c = command[i];
            if (c is '"') return true;
            if (c is '\\' && i + 1 < command.Length && "\\\"$`\n".Contains(command[i + 1]))
            {
                if (command[++i] != '\n') word.Append(command[i]);
            }
            else word.Append(c);
        }

        return false;
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || "_@%+=:,./-".Contains(c);
}
