using System.CommandLine;

namespace SkyDriver.Cli.Commands;

/// <summary>Options of every command that runs services on this machine.</summary>
internal static class LocalOptions
{
    public const string Daprd = "daprd";

    public static Option<string?> Components() => new("--components") { Description = "Folder of component YAML to run on [default: components/local].", HelpName = "DIR" };

    public static Option<string?> Data() => new("--data") { Description = "Folder that keeps state and logs.", HelpName = "DIR" };

    public static Option<string> Runtime()
    {
        Option<string> option = new("--runtime") { Description = "What provides Dapr: the embedded sidecar, or 'dapr run' with daprd.", DefaultValueFactory = _ => "embedded", HelpName = "embedded|daprd" };
        return option.AcceptOnlyFromAmong("embedded", Daprd);
    }

    /// <summary>Where <c>skydriver up</c> keeps its state when not told otherwise.</summary>
    public static string DefaultData() => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "skydriver");
}
