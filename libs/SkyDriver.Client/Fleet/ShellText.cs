using System.Text;

namespace SkyDriver.Client.Fleet;

/// <summary>Command text from arguments, so that whatever splits it by the rules of a shell finds the same arguments.</summary>
public static class ShellText
{
    /// <summary>One argument, in quotes where it needs them.</summary>
    /// <exception cref="ArgumentException">It has a NUL, which no argument can have.</exception>
    public static string Quote(string argument)
    {
        if (argument.Contains('\0')) throw new ArgumentException("An argument cannot contain NUL.", nameof(argument));
        if (argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "@%+=:,./-_".Contains(c))) return argument;
        // Nothing is special between single quotes; a single quote itself goes between double ones.
        return new StringBuilder("'").Append(argument.Replace("'", "'\"'\"'", StringComparison.Ordinal)).Append('\'').ToString();
    }

    public static string Join(IEnumerable<string> arguments) => string.Join(' ', arguments.Select(Quote));

    /// <summary>A script as one command line for places that have no field for the shell.</summary>
    /// <param name="hasQuotes">A quote in the script had to be escaped: a reader of the line should know.</param>
    public static string Wrap(string script, string shell, out bool hasQuotes)
    {
        hasQuotes = script.Contains('\'');
        return $"{Quote(shell)} -c {Quote(script)}";
    }
}
