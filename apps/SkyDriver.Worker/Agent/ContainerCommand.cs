using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;

namespace SkyDriver.Worker.Agent;

/// <summary>Argument vectors of container engines. Nothing here is read by a shell.</summary>
/// <remarks>Docker and Podman take the same words; Apptainer runs the command as a child of its own, which needs no other signals than a plain one.</remarks>
internal static class ContainerCommand
{
    public const string Apptainer = "apptainer";

    /// <summary>Programs that are looked for, in this order, when the settings name none.</summary>
    public static IReadOnlyList<string> Engines { get; } = ["docker", "podman", Apptainer];

    /// <summary>A command inside of a container that sees the task's folders at fixed places.</summary>
    /// <param name="name">Of the container; unique on this machine.</param>
    /// <param name="command">Program and arguments inside of it.</param>
    /// <exception cref="FormatException">The options of the task cannot be split.</exception>
    public static Launch Build(string engine, string name, FleetTaskV1 task, TaskFolder folder, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment)
    {
        IReadOnlyList<string> options = CommandLine.Arguments(task.ContainerOptions, shell: null);
        (string From, string To, bool IsWritable)[] mounts =
            [(folder.Input, "/input", true), (folder.Output, "/output", true), (folder.Resource, "/resource", false), (folder.Temporary, "/tmp", true)];
        string image = task.Container!;
        if (Path.GetFileName(engine) == Apptainer)
        {
            return new(
                [engine, "exec", "--pwd", "/tmp", .. mounts.SelectMany(m => new[] { "--bind", $"{m.From}:{m.To}:{(m.IsWritable ? "rw" : "ro")}" }),
                    .. environment.SelectMany(e => new[] { "--env", $"{e.Key}={e.Value}" }), .. options, image, .. command],
                folder.Temporary,
                new Dictionary<string, string>());
        }

        return new(
            [engine, "run", "--rm", "--name", name, "--workdir", "/tmp",
                .. mounts.SelectMany(m => new[] { "--mount", $"type=bind,source={m.From},target={m.To}{(m.IsWritable ? "" : ",readonly")}" }),
                .. environment.SelectMany(e => new[] { "--env", $"{e.Key}={e.Value}" }), .. options, image, .. command],
            folder.Temporary,
            new Dictionary<string, string>(),
            new(engine, name));
    }

    /// <summary>How a signal reaches what runs inside.</summary>
    public static IReadOnlyList<string> Signal(ContainerHandle container, int signal) => signal switch
    {
        FleetSignal.Kill => [container.Engine, "kill", container.Name],
        FleetSignal.Pause => [container.Engine, "pause", container.Name],
        FleetSignal.Resume => [container.Engine, "unpause", container.Name],
        // Both ask the command to end, and end it when it does not.
        _ => [container.Engine, "stop", container.Name],
    };

    /// <summary>The first engine that is on the path; null when there is none.</summary>
    public static string? Find() => Engines.FirstOrDefault(engine =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Any(folder => File.Exists(Path.Combine(folder, engine))));
}
