// The sync agent under pm2, from this checkout, whose .env sets MONGO_URI:
//
//   pm2 start deploy/ecosystem.config.js && pm2 save && pm2 startup
const path = require("node:path");

module.exports = {
  apps: [
    {
      name: "cca-sync",
      cwd: path.resolve(__dirname, ".."),
      script: ".venv/bin/python",
      args: "-m cca.sync_agent",
      interpreter: "none",
      // pm2 sends SIGINT: the agent delivers what it has read, for at most 5 s
      kill_timeout: 20000,
      // no stop_exit_codes: pm2 takes the end by a signal for code 0 and would wait for ever
      exp_backoff_restart_delay: 1000,
      max_memory_restart: "512M",
    },
  ],
};
