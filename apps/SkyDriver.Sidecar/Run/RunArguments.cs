using System.Globalization;

namespace SkyDriver.Sidecar.Run;

/// <summary>The command line after <c>run</c>, with the names of <c>dapr run</c>.</summary>
internal sealed record RunArguments
{
    /// <summary>Runs all apps of this file; null runs one.</summary>
    public string? TemplateFile { get; init; }

    public string? AppId { get; init; }

    /// <summary>By app id; the single app's under the empty name. 0 takes any free port.</summary>
    public IReadOnlyDictionary<string, int> AppPorts { get; init; } = new Dictionary<string, int>();

    public string AppProtocol { get; init; } = "http";

    public string AppAddress { get; init; } = "127.0.0.1";

    public int AppMaxConcurrency { get; init; } = -1;

    public int HttpPort { get; init; }

    public int GrpcPort { get; init; }

    /// <summary>In place of those of the template; empty leaves them.</summary>
    public IReadOnlyList<string> ResourcePaths { get; init; } = [];

    public string? ConfigFile { get; init; }

    /// <summary>Where stores with relative files put them; null for the working folder.</summary>
    public string? DataFolder { get; init; }

    /// <summary>For every app, beating what the template says.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Stop when the standard input ends, that is, when whoever started this is gone.</summary>
    public bool UntilInputEnds { get; init; }

    /// <summary>Further words of daprd's command line, for the single app.</summary>
    public IReadOnlyList<string> SidecarOptions { get; init; } = [];

    /// <summary>Program and arguments of the single app.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <exception cref="FormatException">Something is wrong; all of it is said.</exception>
    public static RunArguments Parse(IReadOnlyList<string> arguments)
    {
        List<string> faults = [];
        Dictionary<string, int> ports = [];
        Dictionary<string, string> environment = [];
        List<string> resources = [], passed = [];
        RunArguments parsed = new();
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            if (name == "--")
            {
                parsed = parsed with { Command = [.. arguments.Skip(i + 1)] };
                break;
            }

            if (name == "--until-input-ends")
            {
                parsed = parsed with { UntilInputEnds = true };
                continue;
            }

            if (name is "--app-ssl")
            {
                parsed = parsed with { AppProtocol = "https" };
                continue;
            }

            string option = name is "-u" ? "unix-domain-socket" : name.TrimStart('-').Split('=', 2)[0];
            if (name.StartsWith('-') && PassedOptions.Contains(option))
            {
                if (!name.Contains('=', StringComparison.Ordinal) && !SidecarArguments.IsSwitch(option) && i + 1 < arguments.Count) passed.Add($"--{option}={arguments[++i]}");
                else passed.Add(name);
                continue;
            }

            if (i + 1 == arguments.Count)
            {
                faults.Add($"{name}: a value must follow, or it is not known");
                break;
            }

            string value = arguments[++i];
            switch (name)
            {
                case "-f" or "--run-file": parsed = parsed with { TemplateFile = value }; break;
                case "-a" or "--app-id": parsed = parsed with { AppId = value }; break;
                case "-P" or "--app-protocol": parsed = parsed with { AppProtocol = value }; break;
                case "--app-channel-address": parsed = parsed with { AppAddress = value }; break;
                case "--app-max-concurrency": parsed = parsed with { AppMaxConcurrency = Number(name, value, -1, int.MaxValue) }; break;
                case "-H" or "--dapr-http-port": parsed = parsed with { HttpPort = Number(name, value, 0, ushort.MaxValue) }; break;
                case "-G" or "--dapr-grpc-port": parsed = parsed with { GrpcPort = Number(name, value, 0, ushort.MaxValue) }; break;
                case "--resources-path" or "-d": resources.Add(Path.GetFullPath(value)); break;
                case "-c" or "--config": parsed = parsed with { ConfigFile = Path.GetFullPath(value) }; break;
                case "--data-dir": parsed = parsed with { DataFolder = Path.GetFullPath(value) }; break;
                case "-p" or "--app-port":
                    string[] port = value.Split('=', 2);
                    ports[port.Length == 2 ? port[0] : ""] = Number(name, port[^1], 0, ushort.MaxValue);
                    break;
                case "--env":
                    string[] pair = value.Split('=', 2);
                    if (pair.Length == 2 && pair[0].Length > 0) environment[pair[0]] = pair[1];
                    else faults.Add($"--env: '{pair[0]}' must be NAME=VALUE");
                    break;
                default: faults.Add($"{name}: not known"); break;
            }
        }

        if (parsed.TemplateFile is null && (parsed.AppId is null || parsed.Command.Count == 0)) faults.Add("give -f FILE, or --app-id ID and a command after --");
        if (parsed.TemplateFile is not null && passed.Count > 0) faults.Add($"{passed[0].Split('=')[0]}: is for one app; put it into the file");
        if (parsed.TemplateFile is not null && parsed.Command.Count > 0) faults.Add("-f FILE and a command exclude each other");
        if (faults.Count > 0) throw new FormatException("run: " + string.Join("; ", faults));
        return parsed with { AppPorts = ports, Environment = environment, ResourcePaths = resources, SidecarOptions = passed };

        int Number(string option, string text, int least, int most)
        {
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most) return number;
            faults.Add($"{option}: '{text}' must be a whole number from {least} to {most}");
            return 0;
        }
    }
}
