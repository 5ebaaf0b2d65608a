using System.CommandLine;
using SkyDriver.Cli.Local;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver up</c>: the services on this machine, until told to stop.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        Option<int> port = new("--port") { Description = "Port of the REST service; 0 takes any free one.", DefaultValueFactory = _ => 8080, HelpName = "N" };
        Option<string?> components = LocalOptions.Components();
        Option<string?> data = LocalOptions.Data();
        Option<string> runtime = LocalOptions.Runtime();
        Option<int?> workers = new("--workers") { Description = "Most worker processes at once on this machine.", HelpName = "N" };
        Command command = new("up", """
            Runs all services on this machine and prints the address of the REST service. Ready when GET /healthz/ready
            answers 200; ends cleanly on Ctrl-C or SIGTERM, and goes on where it stopped when started with the same --data.

            Examples:
              skydriver up
              skydriver up --port 0 --data ~/scans
              skydriver up --components components/local-memory
            """)
        {
            port, workers, components, data, runtime,
        };
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(async interrupted =>
        {
            Installation installation = Installation.Find();
            LocalStackOptions options = new(
                parsed.GetValue(port),
                Path.GetFullPath(parsed.GetValue(components) ?? installation.DefaultComponents),
                Path.GetFullPath(parsed.GetValue(data) ?? LocalOptions.DefaultData()),
                parsed.GetValue(runtime) == LocalOptions.Daprd,
                parsed.GetValue(workers));
            await using LocalStack stack = await LocalStack.StartAsync(installation, options, interrupted);
            Console.WriteLine($"""
                SkyDriver is ready at {stack.Address.ToString().TrimEnd('/')}
                  scan an event:  skydriver scan examples/track.json --server {stack.Address.ToString().TrimEnd('/')}
                  state and logs: {options.Data}
                """);
            Task stop = Task.Delay(Timeout.Infinite, interrupted);
            if (await Task.WhenAny(stack.Ended, stop) == stop) return ExitCodes.Done;
            throw new CommandException(ExitCodes.Failed, $"The services ended by themselves. Last lines of {stack.Log}:{Environment.NewLine}{stack.LastLines(15)}");
        }));
        return command;
    }
}
