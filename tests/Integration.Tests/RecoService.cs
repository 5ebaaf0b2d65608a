using System.Text.Json;

namespace SkyDriver.Integration.Tests;

/// <summary><c>skydriver up</c> as somebody starts it who has a reconstruction of their own: the Python example, which fails when it is told to.</summary>
public sealed class RecoService : IAsyncLifetime
{
    private const string Program = """
        import os, sys
        folder, examples = sys.argv[1:]
        sys.path.insert(0, examples)
        import plane_wave
        fit = plane_wave.fit

        def sometimes(hits, request):
            if os.path.exists(f"{folder}/crash-once"):
                os.remove(f"{folder}/crash-once")
                os.kill(os.getpid(), 9)
            if os.path.exists(f"{folder}/no-table") and request["ipix"] == 5:
                sys.exit("there is no table for pixel 5")
            return fit(hits, request)

        plane_wave.fit = sometimes
        plane_wave.main()
        """;

    private readonly TemporaryFolder _folder = new(), _data = new();

    internal LocalService Service { get; private set; } = null!;

    public string ExternalCommand { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_folder["plane_wave_that_fails.py"], Program);
        string[] command = [Python.Find("json") ?? "python3", _folder["plane_wave_that_fails.py"], _folder.Path, Path.Combine(TestPaths.Repository, "examples", "external")];
        ExternalCommand = JsonSerializer.Serialize(command);
        Service = await LocalService.StartAsync(_data.Path, ("SKYDRIVER_EXTERNAL_COMMAND", ExternalCommand));
    }

    /// <summary>From now on the program dies at the next fit, once.</summary>
    public Switch CrashOnce() => new(_folder["crash-once"]);

    /// <summary>From now on the program cannot fit pixel 5.</summary>
    public Switch NoTable() => new(_folder["no-table"]);

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        _data.Dispose();
        _folder.Dispose();
    }

    public sealed class Switch : IDisposable
    {
        private readonly string _file;

        public Switch(string file) => File.WriteAllText(_file = file, "");

        public bool IsOn => File.Exists(_file);

        public void Dispose() => File.Delete(_file);
    }
}
