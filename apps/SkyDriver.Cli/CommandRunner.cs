using System.CommandLine;
using System.CommandLine.Parsing;
using SkyDriver.Cli.Commands;
using SkyDriver.Client;

namespace SkyDriver.Cli;

/// <summary>Parses, runs, and turns every failure into one sentence and an exit code.</summary>
internal static class CommandRunner
{
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        ParseResult parsed = root.Parse(args);
        bool asksForHelp = args.Any(a => a is "--help" or "-h" or "-?" or "--version");
        // A shell asks what may come next about lines that are not complete.
        bool asksForWords = args is [{ } directive, ..] && directive.StartsWith("[suggest", StringComparison.Ordinal);
        if (parsed.Errors.Count > 0 && !asksForHelp && !asksForWords)
        {
            foreach (ParseError error in parsed.Errors) Console.Error.WriteLine($"skydriver: {error.Message}");
            Console.Error.WriteLine($"skydriver: 'skydriver {Path(parsed)}--help' shows how it is used.");
            return ExitCodes.Usage;
        }

        try
        {
            // Signals are the commands' own business: they end what they started.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (IOException gone) when (Output.IsNobodyReading(gone))
        {
            // A page of help is no command's work.
            return ExitCodes.NobodyReads;
        }
    }

    /// <summary>Runs a command's work.</summary>
    public static async Task<int> GuardAsync(Func<CancellationToken, Task<int>> work)
    {
        using Local.Interruption interruption = new();
        try
        {
            return await work(interruption.Token);
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            Console.Error.WriteLine("skydriver: interrupted");
            return ExitCodes.Interrupted;
        }
        catch (CommandException refused)
        {
            Console.Error.WriteLine($"skydriver: {refused.Message}");
            return refused.ExitCode;
        }
        catch (SkyDriverException answer)
        {
            (int exitCode, string? nextStep) = Refusals.Of(answer);
            Console.Error.WriteLine($"skydriver: {answer.Message}");
            if (nextStep is not null) Console.Error.WriteLine($"skydriver: {nextStep}");
            return exitCode;
        }
        catch (IOException gone) when (Output.IsNobodyReading(gone))
        {
            return ExitCodes.NobodyReads;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"skydriver: {fault.Message} Check the folder, its rights and the space left on its disk.");
            return ExitCodes.Failed;
        }
        catch (Exception fault) when (Environment.GetEnvironmentVariable("SKYDRIVER_DEBUG") is null or "")
        {
            Console.Error.WriteLine($"skydriver: internal error: {fault.Message} With SKYDRIVER_DEBUG=1 it shows where.");
            return ExitCodes.Failed;
        }
    }

    private static string Path(ParseResult parsed)
    {
        string path = "";
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult { Parent: not null } command; result = result.Parent) path = $"{command.Command.Name} {path}";
        return path;
    }
}
