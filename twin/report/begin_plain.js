drawAll({});
