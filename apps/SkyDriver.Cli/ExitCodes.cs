namespace SkyDriver.Cli;

/// <summary>What the command's exit code says; fixed, because scripts read it.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>The scan failed, or something here did.</summary>
    public const int Failed = 1;

    /// <summary>The command line or an input file is wrong.</summary>
    public const int Usage = 2;

    /// <summary>Not logged in, or not allowed.</summary>
    public const int Unauthorized = 3;
    public const int NotFound = 4;
    public const int Unreachable = 5;

    /// <summary>Ended by Ctrl-C or a request to stop.</summary>
    public const int Interrupted = 130;
}

/// <summary>Ends the command with a code and a sentence for the person at the terminal.</summary>
internal sealed class CommandException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;

    public static CommandException Usage(string message) => new(ExitCodes.Usage, message);
}
