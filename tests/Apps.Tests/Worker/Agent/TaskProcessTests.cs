using System.Globalization;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Worker.Agent;

namespace SkyDriver.Apps.Tests.Worker.Agent;

/// <summary>Commands as real processes.</summary>
public sealed class TaskProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string folder = Directory.CreateTempSubdirectory("skydriver-process-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Start_Command_GetsItsWordsItsFolderItsVariablesAndNoSecrets()
    {
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "hunter2");
        try
        {
            (int code, string output) = await RunAsync(new(["sh", "-c", "printf '%s|' \"$@\" \"$INPUT\" \"${AWS_SECRET_ACCESS_KEY-none}\"; pwd; cat; exit 7", "x", "a b", "$(id)", "'"], folder, new Dictionary<string, string> { ["INPUT"] = "/in" }));
            Assert.Equal((7, $"a b|$(id)|'|/in|none|{folder}\n"), (code, output));
        }
        finally
        {
            Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", null);
        }
    }

    [Fact]
    public async Task Start_ProgramThatIsNotThere_EndsAsAShellSaysIt() => Assert.Equal(127, (await RunAsync(new(["no-such-program"], folder, new Dictionary<string, string>()))).Code);

    [Theory]
    [InlineData(FleetSignal.Kill, 128 + 9)]
    [InlineData(FleetSignal.Terminate, 128 + 15)]
    [InlineData(FleetSignal.Quit, 128 + 3)]
    public async Task Signal_ThatEnds_ReachesChildrenAlsoOfOneThatStandsStill(int signal, int code)
    {
        using TaskProcess process = Start("sleep 600 & echo $! >child; echo $$ >me; wait");
        int child = await ReadAsync("child"), me = await ReadAsync("me");
        Assert.Equal(process.Id, me);
        process.Send(FleetSignal.Pause);
        await Until.HoldsAsync(() => State(child) == 'T' && State(me) == 'T', "both stand still");
        process.Send(signal);
        Assert.Equal(code, await process.ExitAsync().WaitAsync(Patience));
        // A shell has what it runs in the background ignore this one.
        if (signal is FleetSignal.Quit) process.Send(FleetSignal.Kill);
        await Until.HoldsAsync(() => State(child) is null or 'Z', "the child has ended");
    }

    [Fact]
    public async Task Dispose_CommandIsOver_EndsWhatItLeftBehind()
    {
        TaskProcess process = Start("sleep 600 >/dev/null 2>&1 & echo $! >child");
        Assert.Equal(0, await process.ExitAsync());
        int child = await ReadAsync("child");
        Assert.NotNull(State(child));
        process.Dispose();
        await Until.HoldsAsync(() => State(child) is null or 'Z', "the child has ended");
    }

    [Fact]
    public async Task Dispose_CommandInAContainer_HasTheContainerRemoved()
    {
        string engine = Path.Combine(folder, "engine");
        await File.WriteAllTextAsync(engine, $"#!/bin/sh\necho \"$@\" >>{folder}/calls\n");
        File.SetUnixFileMode(engine, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using (TaskProcess process = TaskProcess.Start(new([engine, "run", "a b"], folder, new Dictionary<string, string>(), new(engine, "skydriver-5")))) await process.ExitAsync();
        await Until.HoldsAsync(() => File.ReadAllLines(Path.Combine(folder, "calls")).Length == 2, "both calls are there");
        Assert.Equal(["run a b", "rm -f skydriver-5"], await File.ReadAllLinesAsync(Path.Combine(folder, "calls")));
    }

    private TaskProcess Start(string script) => TaskProcess.Start(new(["sh", "-c", script], folder, new Dictionary<string, string>()));

    private static async Task<(int Code, string Output)> RunAsync(Launch launch)
    {
        using TaskProcess process = TaskProcess.Start(launch);
        using StreamReader output = new(process.Output);
        string text = await output.ReadToEndAsync();
        return (await process.ExitAsync(), text);
    }

    private async Task<int> ReadAsync(string name)
    {
        string path = Path.Combine(folder, name);
        await Until.HoldsAsync(() => File.Exists(path) && File.ReadAllText(path).EndsWith('\n'), $"{name} is written");
        return int.Parse(await File.ReadAllTextAsync(path), CultureInfo.InvariantCulture);
    }

    private static char? State(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..][0];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
