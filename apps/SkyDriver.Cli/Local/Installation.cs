namespace SkyDriver.Cli.Local;

/// <summary>Where the programs and files lie that a local run needs.</summary>
internal sealed record Installation(string Root)
{
    public string DaprFile => Path.Combine(Root, "dapr.yaml");

    public string Sidecar => Path.Combine(Root, "artifacts", "bin", "SkyDriver.Sidecar", "release", "skydriver-sidecar.dll");

    public string DefaultComponents => Path.Combine(Root, "components", "local");

    /// <exception cref="CommandException">This program lies somewhere without dapr.yaml above it.</exception>
    public static Installation Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "dapr.yaml"))) return new(folder.FullName);
        }

        throw new CommandException(ExitCodes.Failed, $"There is no dapr.yaml above {AppContext.BaseDirectory}; run the program from its checkout, or use --server.");
    }
}
