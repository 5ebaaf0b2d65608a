namespace SkyDriver.LocalWorkers;

/// <summary>Programs of this machine.</summary>
internal static class Executables
{
    /// <param name="name">With a path, or one that the environment's PATH leads to.</param>
    public static bool Exists(string name) => name.Contains('/')
        ? File.Exists(name)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Any(folder => File.Exists(Path.Combine(folder, name)));
}
