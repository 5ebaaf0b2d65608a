namespace SkyDriver.Cli;

/// <summary>What the command's exit code says; fixed, because scripts read it. docs/command-line.md has the same table.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>Something broke: a disk, the services here, an answer that makes no sense.</summary>
    public const int Failed = 1;

    /// <summary>The command line or an input file is wrong; nothing was asked of any service.</summary>
    public const int Usage = 2;

    /// <summary>Not logged in, or not allowed.</summary>
    public const int Unauthorized = 3;

    /// <summary>There is no such scan, or no such result yet.</summary>
    public const int NotFound = 4;

    /// <summary>The service did not answer, or has too much to do; later it may.</summary>
    public const int Unreachable = 5;

    /// <summary>The service understood and said no.</summary>
    public const int Refused = 6;

    /// <summary>The scan ended without a final result.</summary>
    public const int ScanFailed = 7;

    /// <summary>The scan was aborted, or deleted before it had a final result.</summary>
    public const int ScanAborted = 8;

    /// <summary>Two results differ.</summary>
    public const int Different = 9;

    /// <summary>Ended by Ctrl-C or a request to stop.</summary>
    public const int Interrupted = 130;

    /// <summary>Whoever read the output has gone, as <c>head</c> does.</summary>
    public const int NobodyReads = 141;
}

/// <summary>Ends the command with a code and a sentence for the person at the terminal.</summary>
internal sealed class CommandException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;

    public static CommandException Usage(string message) => new(ExitCodes.Usage, message);
}
