using System.CommandLine;
using System.Globalization;
using SkyDriver.Client;
using SkyDriver.Client.Fleet;

namespace SkyDriver.Cli.Commands.Fleet;

/// <summary>Commands that look after workers and tasks.</summary>
internal static class FleetCommands
{
    public static readonly Option<string?> Server = ServiceConnection.ServerOption();

    public static IEnumerable<Command> Create() => [WorkerCommand.Create(), TaskCommand.Create(), BatchCommand.Create(), RecruiterCommand.Create()];

    public static Command Noun(string name, string description, params Command[] verbs)
    {
        Command noun = new(name, description);
        foreach (Command verb in verbs) noun.Add(verb);
        return noun;
    }

    /// <summary>A command that works on the fleet of a service.</summary>
    public static Command Of(string name, string description, IEnumerable<Symbol> symbols, Func<ParseResult, FleetClient, Output, CancellationToken, Task<int>> work)
    {
        Command command = new(name, description) { Server, Output.Json, Output.JsonLines };
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }

        command.SetAction((parsed, _) => CommandRunner.GuardAsync(async interrupted =>
        {
            Output output = new(parsed);
            if (output.IsJson && output.IsLines) throw CommandException.Usage("--json and --jsonl exclude each other; give one.");
            using ServiceConnection connection = ServiceConnection.Open(ServiceConnection.AddressOf(parsed.GetValue(Server)));
            await using FleetClient fleet = connection.OpenFleet();
            try
            {
                return await work(parsed, fleet, output, interrupted);
            }
            catch (SkyDriverException answer) when (answer.IsNotFound)
            {
                throw new CommandException(ExitCodes.NotFound, $"{answer.Message}; 'skydriver worker list', 'task list', 'batch list' and 'recruiter list' show what there is.", answer);
            }
        }));
        return command;
    }

    public static Argument<long[]> Ids(string name, string what) => new(name) { Description = $"Ids of the {what}.", Arity = ArgumentArity.OneOrMore };

    public static Option<string?> Batch(string description = "Of this batch.") => new("--batch") { Description = description, HelpName = "NAME" };

    /// <summary>Rows for people, the records themselves for programs.</summary>
    public static int Show<T>(Output output, IReadOnlyList<T> rows, string[] columns, Func<T, string[]> row)
    {
        if (output.ForPeople) Output.Table(columns, rows.Select(row));
        else output.WriteAll(rows);
        return ExitCodes.Done;
    }

    /// <summary>Does the same to each; one that is refused does not keep the others from it.</summary>
    public static async Task<int> EachAsync<T>(IEnumerable<long> ids, Output output, string done, Func<long, Task<T>> act)
    {
        SkyDriverException? refused = null;
        foreach (long id in ids.Distinct())
        {
            try
            {
                T answer = await act(id);
                if (output.ForPeople) Console.WriteLine($"{Text(id)} {done}");
                else output.Write(answer);
            }
            catch (SkyDriverException answer) when (!answer.IsPassing && !answer.IsUnauthorized)
            {
                Console.Error.WriteLine($"skydriver: {Text(id)}: {answer.Message}");
                refused = answer;
            }
        }

        return refused is null ? ExitCodes.Done : Refusals.Of(refused).ExitCode;
    }

    public static string Text(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";

    public static string Time(DateTimeOffset? date) => date is { } known ? Output.Time(known.ToUnixTimeMilliseconds() / 1000.0) : "-";
}
