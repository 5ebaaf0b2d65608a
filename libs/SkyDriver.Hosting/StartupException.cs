namespace SkyDriver.Hosting;

/// <summary>A service cannot do its work; the message says why and what helps, and is shown without a stack trace.</summary>
public sealed class StartupException(string message, int exitCode) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
